package awsops

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// VPCs lists the VPCs of the client's region.
func VPCs(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.Vpc, error] {
	return pagesOf(client, "describe-vpcs", func(size *int32, token *string) ([]types.Vpc, *string, error) {
		out, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{MaxResults: size, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Vpcs, out.NextToken, nil
	})
}

// Subnets lists the subnets of the client's region.
func Subnets(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.Subnet, error] {
	return pagesOf(client, "describe-subnets", func(size *int32, token *string) ([]types.Subnet, *string, error) {
		out, err := client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{MaxResults: size, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Subnets, out.NextToken, nil
	})
}

// NetworkInterfaces lists the network interfaces of the client's region.
func NetworkInterfaces(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.NetworkInterface, error] {
	return pagesOf(client, "describe-network-interfaces", func(size *int32, token *string) ([]types.NetworkInterface, *string, error) {
		out, err := client.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{MaxResults: size, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.NetworkInterfaces, out.NextToken, nil
	})
}
