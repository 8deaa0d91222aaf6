package ec2sim

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

func consoleActions() []action {
	return []action{{name: "GetConsoleOutput", required: []string{"InstanceId"}, check: getConsoleOutput}}
}

// maxConsole is how much of the console EC2 keeps.
const maxConsole = 64 << 10

func getConsoleOutput(c *call) (act, *apiError) {
	latest, err := c.form.flag("Latest")
	if err != nil {
		return nil, err
	}
	id := c.form.get("InstanceId")
	if err := c.lookupInstances([]string{id}); err != nil {
		return nil, err
	}
	in := c.region.instances.byID[id]
	return func() *apiError {
		if t, _ := typeOf(in.Type); latest && !t.nitro {
			return bad("UnsupportedOperation", "This instance type does not support retrieving the latest console logs.")
		}
		text := in.console(c.region.name, c.now, c.sim.delays, latest)
		posted := in.LaunchTime.Add(c.sim.delays.Console)
		if latest || posted.After(c.now) {
			posted = c.now
		}
		c.out.text("instanceId", id)
		c.out.at("timestamp", posted)
		c.out.some("output", base64.StdEncoding.EncodeToString([]byte(text)))
		return nil
	}, nil
}

// console is what the instance has written so far. The buffered output is
// posted some time after the launch; the latest is there once it runs.
func (in *Instance) console(region string, now time.Time, d Delays, latest bool) string {
	if in.Console == "empty" || !in.hasRun || !latest && now.Before(in.LaunchTime.Add(d.Console)) {
		return ""
	}
	kind := in.Console
	if kind == "" {
		kind = "linux"
		if in.Platform == "windows" {
			kind = "windows"
		}
	}
	text := in.Console
	switch kind {
	case "linux":
		text = in.bootLog(region) + in.loginPrompt(region)
	case "ansi":
		text = in.bootLog(region) + ansiServices() + in.loginPrompt(region)
	case "panic":
		text = in.bootLog(region) + kernelPanic()
	case "windows":
		text = in.eventLog()
	}
	if len(text) > maxConsole {
		text = text[len(text)-maxConsole:]
	}
	return text
}

// bootLog is what Amazon Linux says while it boots, CR LF and all.
func (in *Instance) bootLog(region string) string {
	t, _ := typeOf(in.Type)
	cpus := max(1, t.cores*t.threads)
	host := strings.TrimSuffix(privateDNS(region, in.PrivateIP), ".")
	lines := []string{
		"[    0.000000] Linux version 6.1.102-111.182.amzn2023." + in.Architecture + " (mockbuild@ip-10-0-44-119) (gcc (GCC) 11.4.1 20230605 (Red Hat 11.4.1-2), GNU ld version 2.39-6.amzn2023.0.10) #1 SMP PREEMPT_DYNAMIC",
		"[    0.000000] Command line: BOOT_IMAGE=(hd0,gpt1)/boot/vmlinuz-6.1.102-111.182.amzn2023 root=UUID=" + "b1d2c3a4-5e6f-4a7b-8c9d-0e1f2a3b4c5d ro console=tty0 console=ttyS0,115200n8 nvme_core.io_timeout=4294967295",
		"[    0.000000] DMI: Amazon EC2 " + in.Type + "/, BIOS 1.0 10/16/2017",
		"[    0.000000] Hypervisor detected: KVM",
		fmt.Sprintf("[    0.021402] smpboot: Allowing %d CPUs, 0 hotplug CPUs", cpus),
		"[    0.094311] Kernel command line: BOOT_IMAGE=(hd0,gpt1)/boot/vmlinuz-6.1.102-111.182.amzn2023",
		"[    0.412208] pci 0000:00:04.0: [1d0f:8061] type 00 class 0x010802",
		"[    0.512890] nvme nvme0: pci function 0000:00:04.0",
		fmt.Sprintf("[    0.530117] nvme nvme0: %d/0/0 default/read/poll queues", min(cpus, 8)),
		"[    0.733120] ena 0000:00:05.0: Elastic Network Adapter (ENA) v2.12.1g",
		"[    1.204418] EXT4-fs (nvme0n1p1): mounted filesystem with ordered data mode",
		"[    1.602231] systemd[1]: systemd 252.23-2.amzn2023 running in system mode",
		"[    1.650872] systemd[1]: Hostname set to <" + host + ">.",
		"[    4.110932] cloud-init[1843]: Cloud-init v. 22.2.2 running 'init' at " + in.LaunchTime.UTC().Format("Mon, 02 Jan 2006 15:04:05 +0000") + ". Up 4.02 seconds.",
		"ci-info: +++++++++++++++++++++++++++++++++++++++Net device info+++++++++++++++++++++++++++++++++++++++",
		"ci-info: +--------+------+-----------------------------+---------------+--------+-------------------+",
		"ci-info: |  ens5  | True | " + fmt.Sprintf("%-27s", in.PrivateIP) + " | 255.255.192.0 | global | " + in.mac() + " |",
		"ci-info: +--------+------+-----------------------------+---------------+--------+-------------------+",
		"[    6.290145] cloud-init[1902]: Cloud-init v. 22.2.2 finished. Datasource DataSourceEc2.  Up 6.27 seconds",
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

func (in *Instance) mac() string {
	if len(in.Interfaces) == 0 {
		return "02:00:00:00:00:00"
	}
	return in.Interfaces[0].MAC
}

func (in *Instance) loginPrompt(region string) string {
	host, _, _ := strings.Cut(privateDNS(region, in.PrivateIP), ".")
	return "\r\nAmazon Linux 2023.5.20240805\r\nKernel 6.1.102-111.182.amzn2023." + in.Architecture +
		" on an " + in.Architecture + " (-)\r\n\r\n" + host + " login: "
}

// ansiServices is systemd's coloured list, with the cursor movement, the
// bell and the change of the window title that real logs contain.
func ansiServices() string {
	var b strings.Builder
	b.WriteString("\x1b[2J\x1b[H\x1b]0;boot\x07")
	for _, unit := range []string{"Network Manager", "OpenSSH server daemon", "Amazon SSM Agent", "Command Scheduler"} {
		b.WriteString("         Starting \x1b[0;1;39m" + unit + "\x1b[0m...\r\n")
		b.WriteString("\x1b[1A\x1b[K[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39m" + unit + "\x1b[0m.\r\n")
	}
	b.WriteString("[\x1b[0;1;31mFAILED\x1b[0m] Failed to start \x1b[0;1;39mnode-exporter.service\x1b[0m.\r\n")
	return b.String()
}

func kernelPanic() string {
	return "[   12.440921] EXT4-fs error (device nvme0n1p1): ext4_validate_block_bitmap:390: comm systemd: bg 12: bad block bitmap checksum\r\n" +
		"[   12.441733] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(259,1)\r\n" +
		"[   12.442010] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1.102-111.182.amzn2023\r\n" +
		"[   12.443377] ---[ end Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(259,1) ]---\r\n"
}

// eventLog is what EC2Launch writes for Windows, ending with the last three
// errors of the system event log.
func (in *Instance) eventLog() string {
	at := func(d time.Duration) string { return in.LaunchTime.Add(d).UTC().Format("2006/01/02 15:04:05Z: ") }
	return strings.Join([]string{
		at(20*time.Second) + "Windows is being configured. SysprepState=IMAGE_STATE_UNDEPLOYABLE",
		at(42*time.Second) + "Windows is being configured. SysprepState=IMAGE_STATE_COMPLETE",
		at(45*time.Second) + "AMI Origin Version: 2024.08.14",
		at(45*time.Second) + "EC2 Agent: EC2Launch v2.0.1981.0",
		at(46*time.Second) + "RDPCERTIFICATE-SUBJECTNAME: EC2AMAZ-" + strings.ToUpper(in.ID[len(in.ID)-7:]),
		at(47*time.Second) + "Message: Windows is Ready to use",
		"<Event><Provider>Service Control Manager</Provider><EventID>7023</EventID><Level>Error</Level><Data>The IP Helper service terminated with the following error: The interface is unknown.</Data></Event>",
		"<Event><Provider>Microsoft-Windows-DNS-Client</Provider><EventID>8015</EventID><Level>Error</Level><Data>The system failed to register host (A or AAAA) resource records.</Data></Event>",
		"<Event><Provider>Schannel</Provider><EventID>36874</EventID><Level>Error</Level><Data>An TLS 1.2 connection request was received, but none of the cipher suites are supported.</Data></Event>",
	}, "\r\n") + "\r\n"
}
