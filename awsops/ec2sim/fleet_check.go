package ec2sim

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// oneOf is the error for a value that is not among the allowed ones; empty is
// always allowed, as it stands for the default.
func oneOf(field, value string, allowed ...string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s: %q is not one of %s", field, value, strings.Join(allowed, ", "))
}

// firstOf returns the first error.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func need(field, value string) error {
	if value == "" {
		return fmt.Errorf("%s: must not be empty", field)
	}
	return nil
}

func idOr(field, value, prefix string) error {
	if value == "" || isID(value, prefix) {
		return nil
	}
	return fmt.Errorf("%s: %q is not %s- and 8 or 17 lower-case hex digits", field, value, prefix)
}

func (f *Fleet) check() error {
	if len(f.Accounts) == 0 {
		return fmt.Errorf("accounts: at least one is needed")
	}
	for i := range f.Images {
		if err := f.Images[i].check(fmt.Sprintf("images[%d]", i)); err != nil {
			return err
		}
	}
	keys := map[string]bool{}
	for i := range f.Accounts {
		a, at := &f.Accounts[i], fmt.Sprintf("accounts[%d]", i)
		if keys[a.AccessKeyID] {
			return fmt.Errorf("%s.accessKeyId: %q belongs to another account too", at, a.AccessKeyID)
		}
		keys[a.AccessKeyID] = true
		if err := f.checkAccount(a, at); err != nil {
			return err
		}
	}
	return nil
}

func (f *Fleet) checkAccount(a *AccountSeed, at string) error {
	if len(a.ID) != 12 || strings.Trim(a.ID, "0123456789") != "" {
		return fmt.Errorf("%s.id: %q is not 12 digits", at, a.ID)
	}
	if err := firstOf(need(at+".profile", a.Profile), need(at+".accessKeyId", a.AccessKeyID),
		need(at+".secretAccessKey", a.SecretAccessKey)); err != nil {
		return err
	}
	if len(a.Regions) == 0 {
		return fmt.Errorf("%s.regions: at least one is needed", at)
	}
	for i := range a.Regions {
		if err := f.checkRegion(&a.Regions[i], fmt.Sprintf("%s.regions[%d]", at, i)); err != nil {
			return err
		}
	}
	for i := range a.Services {
		s, at := &a.Services[i], fmt.Sprintf("%s.services[%d]", at, i)
		for name := range s.Count {
			r := a.regionSeed(name)
			if r == nil {
				return fmt.Errorf("%s.count: %q is not a region of the account", at, name)
			}
			if err := f.checkInstance(&s.InstanceSeed, r, at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *AccountSeed) regionSeed(name string) *RegionSeed {
	for i := range a.Regions {
		if a.Regions[i].Name == name {
			return &a.Regions[i]
		}
	}
	return nil
}

func (f *Fleet) checkRegion(r *RegionSeed, at string) error {
	err := firstOf(need(at+".name", r.Name),
		oneOf(at+".optInStatus", r.OptInStatus, "opt-in-not-required", "opted-in", "not-opted-in"))
	if err != nil {
		return err
	}
	if r.OptInStatus != "not-opted-in" && len(r.Zones) == 0 {
		return fmt.Errorf("%s.zones: an enabled region needs at least one", at)
	}
	for i, z := range r.Zones {
		at := fmt.Sprintf("%s.zones[%d]", at, i)
		if err := firstOf(need(at+".name", z.Name), need(at+".id", z.ID),
			oneOf(at+".state", z.State, "available", "information", "impaired", "unavailable", "constrained"),
			oneOf(at+".type", z.Type, "availability-zone", "local-zone", "wavelength-zone"),
			oneOf(at+".optInStatus", z.OptInStatus, "opt-in-not-required", "opted-in", "not-opted-in")); err != nil {
			return err
		}
	}
	for i, v := range r.VPCs {
		p, err := netip.ParsePrefix(v.CIDR)
		if err != nil || p.Bits() != 16 || !p.Addr().Is4() {
			return fmt.Errorf("%s.vpcs[%d].cidr: %q is not an IPv4 block of size /16", at, i, v.CIDR)
		}
	}
	for i := range r.Images {
		if err := r.Images[i].check(fmt.Sprintf("%s.images[%d]", at, i)); err != nil {
			return err
		}
	}
	for i, s := range r.Shortages {
		if err := oneOf(fmt.Sprintf("%s.shortages[%d].code", at, i), s.Code, "Unsupported", "InsufficientInstanceCapacity"); err != nil {
			return err
		}
	}
	for i := range r.Addresses {
		if err := r.Addresses[i].check(fmt.Sprintf("%s.addresses[%d]", at, i)); err != nil {
			return err
		}
	}
	for i := range r.LaunchTemplates {
		if err := r.LaunchTemplates[i].check(fmt.Sprintf("%s.launchTemplates[%d]", at, i)); err != nil {
			return err
		}
	}
	if err := r.checkStorage(at); err != nil {
		return err
	}
	for i := range r.Instances {
		if err := f.checkInstance(&r.Instances[i], r, fmt.Sprintf("%s.instances[%d]", at, i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *TemplateSeed) check(at string) error {
	if err := firstOf(idOr(at+".id", s.ID, "lt"), need(at+".name", s.Name)); err != nil {
		return err
	}
	if len(s.Versions) == 0 {
		return fmt.Errorf("%s.versions: at least one is needed", at)
	}
	if s.Default < 0 || s.Default > len(s.Versions) {
		return fmt.Errorf("%s.default: there is no version %d", at, s.Default)
	}
	for i, v := range s.Versions {
		at := fmt.Sprintf("%s.versions[%d]", at, i)
		if err := firstOf(oneOf(at+".httpTokens", v.HTTPTokens, "optional", "required"), oneOf(at+".shutdownBehavior", v.ShutdownBehavior, "stop", "terminate")); err != nil {
			return err
		}
	}
	return nil
}

func (s *AddressSeed) check(at string) error {
	if ip, err := netip.ParseAddr(s.IP); err != nil || !ip.Is4() {
		return fmt.Errorf("%s.ip: %q is not an IPv4 address", at, s.IP)
	}
	return firstOf(idOr(at+".id", s.ID, "eipalloc"), idOr(at+".interface", s.Interface, "eni"),
		oneOf(at+".service", s.Service, "alb", "nlb", "rnat", "rds"))
}

func (f *Fleet) checkInstance(s *InstanceSeed, r *RegionSeed, at string) error {
	if err := firstOf(idOr(at+".id", s.ID, "i"),
		oneOf(at+".state", s.State, Pending, Running, ShuttingDown, Terminated, Stopping, Stopped),
		oneOf(at+".spot", s.Spot, "one-time", "persistent"),
		oneOf(at+".impaired", s.Impaired, "system", "instance", "ebs"),
		oneOf(at+".console", s.Console, "linux", "ansi", "panic", "windows", "empty"),
		need(at+".type", s.Type)); err != nil {
		return err
	}
	var images, groups, vpcs, zones []string
	for _, img := range slices.Concat(f.Images, r.Images) {
		images = append(images, img.Key)
	}
	for _, g := range slices.Concat(f.SecurityGroups, r.SecurityGroups) {
		groups = append(groups, g.Name)
	}
	for _, v := range r.VPCs {
		vpcs = append(vpcs, v.Name)
	}
	for _, z := range r.Zones {
		zones = append(zones, strings.TrimPrefix(z.Name, r.Name))
	}
	if err := firstOf(need(at+".image", s.Image), oneOf(at+".image", s.Image, images...),
		oneOf(at+".vpc", s.VPC, vpcs...), oneOf(at+".zone", s.Zone, zones...)); err != nil {
		return err
	}
	for i, g := range s.Groups {
		if err := oneOf(fmt.Sprintf("%s.groups[%d]", at, i), g, append(groups, "default")...); err != nil {
			return err
		}
	}
	for i, e := range s.Events {
		at := fmt.Sprintf("%s.events[%d]", at, i)
		if err := firstOf(need(at+".code", e.Code), oneOf(at+".code", e.Code, "instance-reboot",
			"system-reboot", "system-maintenance", "instance-retirement", "instance-stop")); err != nil {
			return err
		}
	}
	return nil
}
