package awsops

import (
	"context"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Regions lists every region that the account can see, enabled or not.
func Regions(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.Region, error] {
	return onePage(func() ([]types.Region, error) {
		out, err := client.DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)})
		if err != nil {
			return nil, explain(err, "describe-regions", client.Options().Region, false)
		}
		return out.Regions, nil
	})
}

// Zones lists the zones of the client's region.
func Zones(ctx context.Context, client *ec2.Client) iter.Seq2[[]types.AvailabilityZone, error] {
	return onePage(func() ([]types.AvailabilityZone, error) {
		out, err := client.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{})
		if err != nil {
			return nil, explain(err, "describe-availability-zones", client.Options().Region, false)
		}
		return out.AvailabilityZones, nil
	})
}

// Geography joins the names of the places where a region is.
func Geography(r types.Region) []string {
	var out []string
	for _, g := range r.Geography {
		out = append(out, aws.ToString(g.Name))
	}
	return out
}

// ZoneMessages joins what EC2 has to say about a zone.
func ZoneMessages(z types.AvailabilityZone) []string {
	var out []string
	for _, m := range z.Messages {
		out = append(out, aws.ToString(m.Message))
	}
	return out
}

func regionColumns() []column[types.Region] {
	return []column[types.Region]{
		{"region-name", "Region name", false, func(r types.Region) any { return r.RegionName }},
		{"region-endpoint", "Region endpoint", false, func(r types.Region) any { return r.Endpoint }},
		{"opt-in-status", "Opt-in status", false, func(r types.Region) any { return r.OptInStatus }},
		{"geography", "Geography", true, func(r types.Region) any { return Geography(r) }},
	}
}

func zoneColumns() []column[types.AvailabilityZone] {
	type zone = types.AvailabilityZone
	return []column[zone]{
		{"zone-name", "Zone name", false, func(z zone) any { return z.ZoneName }},
		{"zone-id", "Zone ID", false, func(z zone) any { return z.ZoneId }},
		{"zone-type", "Type", false, func(z zone) any { return z.ZoneType }},
		{"state", "State", false, func(z zone) any { return z.State }},
		{"region-name", "Region", true, func(z zone) any { return z.RegionName }},
		{"group-name", "Group", true, func(z zone) any { return z.GroupName }},
		{"network-border-group", "Border group", true, func(z zone) any { return z.NetworkBorderGroup }},
		{"opt-in-status", "Opt-in status", true, func(z zone) any { return z.OptInStatus }},
		{"parent-zone-name", "Parent zone", true, func(z zone) any { return z.ParentZoneName }},
		{"messages", "Messages", true, func(z zone) any { return ZoneMessages(z) }},
	}
}

func regionOperations() []Operation {
	type regionsIn = ec2.DescribeRegionsInput
	type zonesIn = ec2.DescribeAvailabilityZonesInput
	return []Operation{
		&Op[*regionsIn, *ec2.DescribeRegionsOutput]{
			Name: "describe-regions", Help: "List the regions with their endpoints and opt-in status", Noun: "region",
			Fields: append([]Field[*regionsIn]{
				{Name: "all-regions", Help: "also regions that are not enabled", Default: "false", To: ToBool(func(in *regionsIn) **bool { return &in.AllRegions })},
				{Name: "region-names", Help: "only these regions", Default: "all", Rule: Region(), To: ToList(func(in *regionsIn) *[]string { return &in.RegionNames })},
				{Name: "filters", Help: "EC2's own filters", Default: "none", Rule: FilterNames("endpoint, opt-in-status, region-name"), To: ToFilters(func(in *regionsIn) *[]types.Filter { return &in.Filters })},
			}, delimiters[*regionsIn](",")[1:]...),
			Call: (*ec2.Client).DescribeRegions,
			Show: func(out *ec2.DescribeRegionsOutput) Result {
				sortBy(out.Regions, func(a, b types.Region) int {
					return strings.Compare(aws.ToString(a.RegionName), aws.ToString(b.RegionName))
				})
				return Result{Table: tableOf(regionColumns(), out.Regions)}
			},
			Outputs: names(regionColumns()),
			Example: Values{"all-regions": {"true"}, "region-names": {"eu-west-1"}, "filters": {"opt-in-status=opt-in-not-required"}},
		},
		&Op[*zonesIn, *ec2.DescribeAvailabilityZonesOutput]{
			Name: "describe-availability-zones", Help: "List the zones of a region, usable and not", Noun: "zone",
			Fields: []Field[*zonesIn]{
				{Name: "all-availability-zones", Help: "also zones that are not enabled", Default: "false", To: ToBool(func(in *zonesIn) **bool { return &in.AllAvailabilityZones })},
				{Name: "zone-names", Help: "only these zones", Default: "all", Rule: Zone(), To: ToList(func(in *zonesIn) *[]string { return &in.ZoneNames })},
				{Name: "zone-ids", Help: "only the zones with these IDs", Default: "all", Rule: Shaped(`^[a-z]{2,4}\d-.*az\d+$`, "a zone ID such as use1-az1"), To: ToList(func(in *zonesIn) *[]string { return &in.ZoneIds })},
				{Name: "filters", Help: "EC2's own filters", Default: "none", Rule: FilterNames("zone-name, zone-id, zone-type, state, opt-in-status, region-name, group-name"), To: ToFilters(func(in *zonesIn) *[]types.Filter { return &in.Filters })},
				delimiter[*zonesIn](),
			},
			Call:    (*ec2.Client).DescribeAvailabilityZones,
			Show:    showZones,
			Outputs: append([]string{"available-zones", "not-available-zones"}, names(zoneColumns())...),
			Example: Values{"all-availability-zones": {"true"}, "zone-names": {"us-east-1a"}, "zone-ids": {"use1-az1"}, "filters": {"zone-type=availability-zone"}},
		},
	}
}

func showZones(out *ec2.DescribeAvailabilityZonesOutput) Result {
	var usable, others []string
	sortBy(out.AvailabilityZones, func(a, b types.AvailabilityZone) int {
		return strings.Compare(aws.ToString(a.ZoneName), aws.ToString(b.ZoneName))
	})
	for _, z := range out.AvailabilityZones {
		if z.State == types.AvailabilityZoneStateAvailable {
			usable = append(usable, aws.ToString(z.ZoneName))
		} else {
			others = append(others, aws.ToString(z.ZoneName))
		}
	}
	return Result{
		Outputs: []Output{{"available-zones", usable}, {"not-available-zones", others}},
		Table:   tableOf(zoneColumns(), out.AvailabilityZones),
	}
}
