package ui

import (
	"strings"
	"testing"
)

func TestKeyPairsAndTheirLinks(t *testing.T) {
	d := start(t, small())
	d.on("windows-1").press("K")
	d.shows("Key pairs 1 of 2", "/name:windows", "rsa")
	d.press("I")
	d.shows("Instances 1 of 16", "/key:windows", "windows-1")
	d.press("q", "q")
	d.shows("Instances 1 of 16", "/windows-1")
	d.open("key-pairs")
	d.frame("key-pairs")
	d.on("ops").press("enter")
	d.settle()
	d.shows("Public key", "ssh-ed25519 AAAA")
	d.frame("key-pairs-detail")
}

func TestCreatingAKeyPairPointsToTheCommand(t *testing.T) {
	const hint = "run `ec2deck run create-key-pair --save FILE`"
	d := start(t, small()).open("key-pairs")
	d.press("n")
	d.shows(hint)
	d.press(":")
	d.type_("create-key-pair")
	d.press("enter")
	d.shows(hint)
	if d.calls("CreateKeyPair") != 0 || len(d.model.overlays) != 0 {
		t.Error("the screen asked for a key that it cannot keep")
	}
}

func TestAKeyPairIsImportedAndDeleted(t *testing.T) {
	d := start(t, small()).open("key-pairs")
	d.press("i")
	d.type_("laptop")
	d.press("enter")
	d.type_("-----BEGIN OPENSSH PRIVATE KEY-----")
	d.press("enter")
	d.shows("must never leave your machine")
	for range len("-----BEGIN OPENSSH PRIVATE KEY-----") {
		d.press("backspace")
	}
	d.type_("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop")
	d.press("enter", "enter")
	d.shows("Import a key pair?")
	d.press("y")
	d.shows("import-key-pair: imported laptop (key-")
	d.on("laptop")
	id := ""
	for _, word := range strings.Fields(d.line("laptop  ")) {
		if strings.HasPrefix(word, "key-") {
			id = word
		}
	}
	d.press("X")
	d.shows("Delete 1 key pair?", "Type "+id+" to confirm", "Instances keep their public key")
	d.type_(id)
	d.press("enter")
	d.shows("delete-key-pair: done, 1 key pair", "Nothing matches laptop")
}

func TestWithoutKeyPairsTheTableSaysWhatToDo(t *testing.T) {
	d := start(t, small()).open("key-pairs")
	d.press("*", "X")
	d.type_("delete 2")
	d.press("enter")
	d.shows("No items found! Press n to create or i to import a key pair.")
	d.frame("key-pairs-none")
	d.press("D")
	d.shows("No items found! Create a key pair with create-key-pair")
}
