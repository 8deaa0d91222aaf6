//go:build external

package ec2sim_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
)

// loaded is the AWS CLI, which takes a second to load, loaded once. Each command
// has a process of its own, forked from there.
const loaded = `
import json, os, sys, tempfile
from awscli.clidriver import AWSCLIEntryPoint, create_clidriver

driver = create_clidriver()
driver.session.get_service_model("ec2")

def run(args, env):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            code = 255
            try:
                os.environ.clear()
                os.environ.update(env)
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                code = AWSCLIEntryPoint(driver).main(args)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return {"code": os.waitstatus_to_exitcode(status), "out": out.read().decode(), "err": err.read().decode()}

for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(run(asked["args"], asked["env"])), flush=True)
`

// process is a loaded CLI that takes one command after the other. It ends with
// its standard input, and so with the tests.
type process struct {
	in  io.Writer
	out *bufio.Reader
}

// processes are as many as run at the same time.
var processes = sync.OnceValues(func() (chan process, error) {
	all := make(chan process, runtime.GOMAXPROCS(0))
	for range cap(all) {
		c := exec.Command("/usr/bin/python3", "-c", loaded)
		c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "PYTHONIOENCODING=utf-8"}
		in, err := c.StdinPipe()
		if err != nil {
			return nil, err
		}
		out, err := c.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := c.Start(); err != nil {
			return nil, err
		}
		all <- process{in, bufio.NewReader(out)}
	}
	return all, nil
})

// forked runs one command and gives what it prints.
func forked(args, env []string) (out, errs string, err error) {
	all, err := processes()
	if err != nil {
		return "", "", fmt.Errorf("the AWS CLI is needed: apt-get install awscli: %w", err)
	}
	p := <-all
	defer func() { all <- p }()
	asked := struct {
		Args []string          `json:"args"`
		Env  map[string]string `json:"env"`
	}{args, map[string]string{}}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		asked.Env[name] = value
	}
	var said struct {
		Code     int
		Out, Err string
	}
	line, err := json.Marshal(asked)
	if err == nil {
		_, err = p.in.Write(append(line, '\n'))
	}
	if err == nil {
		line, err = p.out.ReadBytes('\n')
	}
	if err == nil {
		err = json.Unmarshal(line, &said)
	}
	switch {
	case err != nil:
		return "", "", fmt.Errorf("the AWS CLI is needed: apt-get install awscli: %w", err)
	case said.Code != 0 && said.Err == "":
		return "", "", errors.New("the AWS CLI failed and said nothing")
	}
	return said.Out, said.Err, nil
}
