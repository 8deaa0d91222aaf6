package views

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ec2deck/awsops"
	"ec2deck/theme"
)

// regions is the table of regions, which is the same for all scopes of a profile.
func regions() *Resource[*types.Region] {
	type region = *types.Region
	return &Resource[region]{
		Kind: "regions", Title: "Regions", Noun: "region", Shared: true,
		Pages: refs(awsops.Regions),
		ID:    func(r region) string { return aws.ToString(r.RegionName) },
		Name:  func(region) string { return "" },
		Columns: []Column[region]{
			{Title: "Name", Width: 16, Value: func(r region) string { return aws.ToString(r.RegionName) }},
			{Title: "Opt-in", Width: 20, Value: func(r region) string { return aws.ToString(r.OptInStatus) }, Tone: func(r region) theme.Tone {
				if aws.ToString(r.OptInStatus) == "not-opted-in" {
					return theme.Faint
				}
				return theme.Good
			}},
			{Title: "Endpoint", Width: 36, Grow: true, Value: func(r region) string { return aws.ToString(r.Endpoint) }},
		},
		Actions: []Action[region]{{Key: "D", Operation: "describe-regions", Help: "all columns", Whole: true}},
		Inspect: func(_ context.Context, _ *ec2.Client, r region) (Detail, error) {
			return Detail{Object: r, Sections: sections(r, []field[region]{
				{"Region", "Name", func(r region) any { return r.RegionName }},
				{"Region", "Endpoint", func(r region) any { return r.Endpoint }},
				{"Region", "Opt-in status", func(r region) any { return r.OptInStatus }},
				{"Region", "Geography", func(r region) any { return awsops.Geography(*r) }},
			}, nil)}, nil
		},
	}
}

// zones is the table of availability zones.
func zones() *Resource[*types.AvailabilityZone] {
	type zone = *types.AvailabilityZone
	return &Resource[zone]{
		Kind: "zones", Title: "Zones", Noun: "zone",
		Pages: refs(awsops.Zones),
		ID:    func(z zone) string { return aws.ToString(z.ZoneName) },
		Name:  func(zone) string { return "" },
		Columns: []Column[zone]{
			{Title: "Name", Width: 20, Value: func(z zone) string { return aws.ToString(z.ZoneName) }},
			{Title: "ID", Width: 12, Value: func(z zone) string { return aws.ToString(z.ZoneId) }},
			{Title: "Type", Width: 18, Value: func(z zone) string { return aws.ToString(z.ZoneType) }},
			{Title: "State", Width: 12, Value: func(z zone) string { return string(z.State) }, Tone: func(z zone) theme.Tone {
				if z.State == types.AvailabilityZoneStateAvailable {
					return theme.Good
				}
				return theme.Bad
			}},
			{Title: "Opt-in", Width: 20, Extra: true, Value: func(z zone) string { return string(z.OptInStatus) }},
		},
		Links:   []Link[zone]{{Key: "i", Help: "its instances", Kind: "instances", Query: func(z zone) string { return "zone:" + aws.ToString(z.ZoneName) }}},
		Actions: []Action[zone]{{Key: "D", Operation: "describe-availability-zones", Help: "all columns", Whole: true}},
		Inspect: func(_ context.Context, _ *ec2.Client, z zone) (Detail, error) {
			return Detail{Object: z, Sections: sections(z, []field[zone]{
				{"Zone", "Name", func(z zone) any { return z.ZoneName }},
				{"Zone", "ID, the same in every account", func(z zone) any { return z.ZoneId }},
				{"Zone", "Type", func(z zone) any { return z.ZoneType }},
				{"Zone", "State", func(z zone) any { return z.State }},
				{"Zone", "Region", func(z zone) any { return z.RegionName }},
				{"Zone", "Group", func(z zone) any { return z.GroupName }},
				{"Zone", "Network border group", func(z zone) any { return z.NetworkBorderGroup }},
				{"Zone", "Opt-in status", func(z zone) any { return z.OptInStatus }},
				{"Zone", "Parent zone", func(z zone) any { return z.ParentZoneName }},
				{"Zone", "Messages", func(z zone) any { return awsops.ZoneMessages(*z) }},
			}, nil)}, nil
		},
	}
}
