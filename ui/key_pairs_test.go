package ui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
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

// newKey creates a key pair from its table and says where its key goes.
func (d *driver) newKey(name, save string) {
	d.press("n")
	d.fillIn("create-key-pair", map[string]string{"key-name": name, "key-type": "ed"})
	d.type_(save)
	d.press("enter")
	d.shows("Create a key pair?")
	d.press("y")
}

func TestTheKeyOfANewPairIsSavedFirst(t *testing.T) {
	d := start(t, small()).open("key-pairs")
	d.press("n")
	d.frame("key-pairs-create")
	d.press("esc")
	d.newKey("fresh", "fresh.pem")
	d.shows("create-key-pair: done", "saved in fresh.pem")
	if !strings.Contains(d.files["fresh.pem"], "PRIVATE KEY") {
		t.Errorf("the file holds %q", d.files)
	}
	d.on("fresh").shows("Key pairs 1 of 3")
	d.hides("PRIVATE KEY")
	d.press("e")
	d.hides("PRIVATE KEY")
}

func TestAKeyIsAskedForOnlyWhereItCanBeKept(t *testing.T) {
	d := start(t, small()).open("key-pairs")
	d.files["taken.pem"] = "old"
	d.newKey("fresh", "taken.pem")
	d.shows(`save "taken.pem": exists already, and nothing is overwritten`)
	d.hides("--save")
	if d.calls("CreateKeyPair") != 0 || d.files["taken.pem"] != "old" {
		t.Errorf("%d calls, files %q", d.calls("CreateKeyPair"), d.files)
	}
}

func TestAKeyThatCannotBeWrittenIsSavedElsewhere(t *testing.T) {
	d := start(t, small()).open("key-pairs")
	d.full["full.pem"], d.full["full2.pem"] = true, true
	d.newKey("fresh", "full.pem")
	d.shows("The key-material is not saved", "no space left on device", "key-material not saved")
	d.press("ctrl+c")
	d.shows("quit again to throw it away")
	d.press("esc")
	d.shows("esc again throws it away")
	d.type_("full2.pem")
	d.press("enter")
	d.shows("no space left on device")
	d.press("ctrl+u")
	d.type_("other.pem")
	d.press("enter")
	d.shows("the key-material is saved in other.pem")
	if !strings.Contains(d.files["other.pem"], "PRIVATE KEY") || d.quit {
		t.Errorf("the files hold %q", d.files)
	}
	d.newKey("second", "full.pem")
	d.type_("-")
	d.press("enter")
	d.shows("key-material: shown this once", "PRIVATE KEY")
}

func TestAHostedSessionShowsTheKeyOnce(t *testing.T) {
	o := small()
	o.hosted = true
	d := start(t, o).open("key-pairs")
	d.press("n")
	d.hides("save (required)")
	d.fillIn("create-key-pair", map[string]string{"key-name": "fresh"})
	d.press("y")
	d.shows("key-material: shown this once", "BEGIN RSA PRIVATE KEY")
	d.press("y")
	if len(d.copied) != 1 || !strings.Contains(d.copied[0], "PRIVATE KEY") {
		t.Errorf("copied %d texts", len(d.copied))
	}
	d.press("q")
	d.shows("again closes it", "PRIVATE KEY")
	d.press("esc")
	d.shows("Key pairs 3")
	d.hides("again closes it")
	d.press("e")
	d.hides("PRIVATE KEY")
}

func TestAKeyPairIsImportedAndDeleted(t *testing.T) {
	d := start(t, small()).open("key-pairs")
	d.press("i")
	d.frame("key-pairs-import")
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
	d.frame("key-pairs-import-asked")
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

func TestAPublicKeyOfSeveralLinesIsPasted(t *testing.T) {
	d := start(t, small()).open("key-pairs")
	d.press("i")
	d.type_("laptop")
	d.press("enter")
	text := "---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"me@laptop\"\nAAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop\n---- END SSH2 PUBLIC KEY ----"
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Paste: true, Runes: []rune(text)})
	d.press("enter", "enter", "y")
	d.shows("import-key-pair: imported laptop (key-")
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
