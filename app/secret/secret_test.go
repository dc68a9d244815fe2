package secret_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/pertask/pertask/app/secret"
)

func key(t *testing.T) string {
	t.Helper()
	k, err := secret.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func box(t *testing.T, keys string) *secret.Box {
	t.Helper()
	b, err := secret.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var about = secret.About{Scope: 7, Name: "provider/OPENAI_API_KEY"}

func TestSealOpens(t *testing.T) {
	b := box(t, key(t))
	for _, value := range [][]byte{[]byte("sk-secret"), {}, bytes.Repeat([]byte{0, 255}, secret.MaxValue/2)} {
		sealed, err := b.Seal(about, value)
		if err != nil {
			t.Fatal(err)
		}
		if len(value) > 0 && bytes.Contains(sealed, value) {
			t.Error("the sealed value holds the value")
		}
		got, err := b.Open(about, sealed)
		if err != nil || !bytes.Equal(got, value) {
			t.Errorf("Open = %d bytes, %v, want %d bytes", len(got), err, len(value))
		}
	}
}

func TestSealingTwiceDiffers(t *testing.T) {
	b := box(t, key(t))
	one, _ := b.Seal(about, []byte("sk"))
	two, _ := b.Seal(about, []byte("sk"))
	if bytes.Equal(one, two) {
		t.Error("two sealings of a value are the same: whoever reads the database sees which keys are")
	}
}

func TestOpensOnlyAsWhatItWas(t *testing.T) {
	b := box(t, key(t))
	sealed, err := b.Seal(about, []byte("8/x"))
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]secret.About{
		"scope": {Scope: 8, Name: about.Name}, "name": {Scope: 7, Name: "provider/OTHER"}, "shorter": {Scope: 7, Name: about.Name[:8]},
		"longer": {Scope: 7, Name: about.Name + "8"}, "zero": {},
	} {
		if v, err := b.Open(other, sealed); !errors.Is(err, secret.ErrSealed) || v != nil {
			t.Errorf("%s: Open = %q, %v, want ErrSealed", name, v, err)
		}
	}
}

func TestChangedValuesDoNotOpen(t *testing.T) {
	b := box(t, key(t))
	sealed, err := b.Seal(about, []byte("sk-secret"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if v, err := b.Open(about, bad); err == nil {
			t.Fatalf("byte %d changed: Open = %q", i, v)
		} else if !errors.Is(err, secret.ErrSealed) || strings.Contains(err.Error(), "sk-secret") {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, err := b.Open(about, sealed[:i]); !errors.Is(err, secret.ErrSealed) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	if _, err := b.Open(about, append(sealed, make([]byte, 200<<10)...)); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("too long: %v", err)
	}
}

func TestAKeyIsChangedByOneInFront(t *testing.T) {
	old, fresh := key(t), key(t)
	before, both, after := box(t, old), box(t, fresh+old), box(t, fresh)
	sealed, err := before.Seal(about, []byte("sk"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := both.Open(about, sealed); err != nil || string(got) != "sk" {
		t.Errorf("with both keys: %q, %v", got, err)
	}
	if _, err := after.Open(about, sealed); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("without the old key: %v, want ErrSealed", err)
	}
	again, err := both.Seal(about, []byte("sk"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := after.Open(about, again); err != nil {
		t.Errorf("sealed anew with both: %v, want the first key to seal", err)
	}
}

// TestFormatIsAge opens a value with the library alone, as whoever has lost this program would.
func TestFormatIsAge(t *testing.T) {
	k := key(t)
	sealed, err := box(t, k).Seal(about, []byte("sk"))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := age.ParseIdentities(strings.NewReader(k))
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), ids...)
	if err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	if _, err := plain.ReadFrom(r); err != nil || !bytes.HasSuffix(plain.Bytes(), []byte("sk")) {
		t.Errorf("age reads %q, %v", plain.Bytes(), err)
	}
}

func TestBadKeys(t *testing.T) {
	good := strings.Split(key(t), "\n")[1]
	for name, text := range map[string]string{
		"nothing": "", "comments": "# a\n\n", "garbage": "hunter2", "recipient": "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
		"cut": good[:len(good)-1], "second": good + "\nhunter2",
	} {
		b, err := secret.New(text)
		if !errors.Is(err, secret.ErrKey) || b != nil {
			t.Errorf("%s: New = %v, %v, want ErrKey", name, b, err)
		} else if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), good[:30]) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

func TestLimits(t *testing.T) {
	b := box(t, key(t))
	if _, err := b.Seal(about, make([]byte, secret.MaxValue+1)); err == nil {
		t.Error("a value over the limit was sealed")
	}
	if _, err := b.Seal(secret.About{Name: strings.Repeat("n", secret.MaxName+1)}, nil); err == nil {
		t.Error("a name over the limit was sealed")
	}
}

func TestFingerprint(t *testing.T) {
	// SHA-256 of "abc" begins with ba7816bf (FIPS 180-4).
	if got, want := secret.Fingerprint([]byte("abc")), "ba7816bf"; got != want {
		t.Errorf("Fingerprint = %s, want %s", got, want)
	}
}

func FuzzOpen(f *testing.F) {
	k, err := secret.Generate()
	if err != nil {
		f.Fatal(err)
	}
	b, err := secret.New(k)
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := b.Seal(about, []byte("sk"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte("age-encryption.org/v1\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		v, err := b.Open(about, in)
		if err == nil && !bytes.Equal(v, []byte("sk")) {
			t.Fatalf("forged: %q", v)
		}
	})
}

// A value goes from an old key to the first one, and stays as it is when it has that.
func TestReseal(t *testing.T) {
	older, newer := key(t), key(t)
	old, both, fresh := box(t, older), box(t, newer+older), box(t, newer)
	if old.Several() || !both.Several() {
		t.Error("how many keys there are is told wrongly")
	}
	sealed, err := old.Seal(about, []byte("sk-secret"))
	if err != nil {
		t.Fatal(err)
	}
	anew, err := both.Reseal(about, sealed)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fresh.Open(about, anew); err != nil || string(got) != "sk-secret" {
		t.Errorf("Open = %q, %v", got, err)
	}
	if again, err := both.Reseal(about, anew); again != nil || err != nil {
		t.Errorf("sealed once more: %d bytes, %v", len(again), err)
	}
	for name, c := range map[string]struct {
		box    *secret.Box
		about  secret.About
		sealed []byte
	}{"another key": {fresh, about, sealed}, "another name": {both, secret.About{Scope: 7, Name: "x"}, sealed}, "cut off": {both, about, sealed[:len(sealed)-1]}, "nothing": {both, about, nil}} {
		if got, err := c.box.Reseal(c.about, c.sealed); got != nil || !errors.Is(err, secret.ErrSealed) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}
