package ec2sim

func (s ImageSeed) withDefaults() ImageSeed {
	set := func(field *string, v string) {
		if *field == "" {
			*field = v
		}
	}
	set(&s.Architecture, "x86_64")
	set(&s.RootDeviceType, "ebs")
	set(&s.RootDeviceName, "/dev/xvda")
	set(&s.State, "available")
	if s.Platform == "windows" {
		set(&s.PlatformDetails, "Windows")
		set(&s.UsageOperation, "RunInstances:0002")
	}
	set(&s.PlatformDetails, "Linux/UNIX")
	set(&s.UsageOperation, "RunInstances")
	return s
}

// launchable checks an image for RunInstances.
func (r *region) launchable(id string) (image, *apiError) {
	if !isID(id, "ami") {
		return image{}, malformed("InvalidAMIID.Malformed", id, "ami")
	}
	img, ok := r.image(id)
	if !ok {
		return image{}, bad("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
	}
	if img.State != "available" {
		return image{}, bad("InvalidAMIID.Unavailable", "The image ID '%s' is no longer available", id)
	}
	return img, nil
}
