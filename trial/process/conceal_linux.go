package process

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func conceal(shown []string) (func(string) string, error) {
	vars := map[string]string{}
	for _, entry := range os.Environ() {
		// Cloned, lest the strings be the memory that is wiped.
		name, value, _ := strings.Cut(strings.Clone(entry), "=")
		vars[name] = value
	}
	var failed error
	if err := wipe(shown); err != nil {
		failed = fmt.Errorf("wiping the environment: %w", err)
	}
	// Only now: it takes from this process, too, the right to open some of its files in /proc.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		failed = errors.Join(failed, fmt.Errorf("making the process non-dumpable: %w", err))
	}
	os.Clearenv()
	for name, value := range vars {
		if !slices.Contains(shown, name) && !slices.Contains(own, name) {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			failed = errors.Join(failed, fmt.Errorf("keeping %s: %w", name, err))
		}
	}
	return func(name string) string { return vars[name] }, failed
}

// wipe overwrites the values of the environment that this process was started with, but for those of the
// variables that may be shown. The block lies on the stack, where the kernel put it and shows it in
// /proc/PID/environ. It is written by way of /proc/self/mem: a wrong address is an error there and no crash.
func wipe(shown []string) error {
	start, end, err := environBlock()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // without /proc there is no place to read it
	}
	if err != nil {
		return err
	}
	mem, err := os.OpenFile("/proc/self/mem", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer mem.Close()
	block := make([]byte, end-start)
	if _, err := mem.ReadAt(block, start); err != nil {
		return err
	}
	blank(block, shown)
	if _, err := mem.WriteAt(block, start); err != nil {
		return err
	}
	after, err := os.ReadFile("/proc/self/environ")
	if err != nil {
		return err
	}
	if !bytes.Equal(bytes.TrimRight(after, "\x00"), bytes.TrimRight(block, "\x00")) {
		return errors.New("/proc still shows it")
	}
	return nil
}

// blank overwrites the values in a block of "NAME=value" entries that each end with a zero byte.
func blank(block []byte, shown []string) {
	for entry := range bytes.SplitSeq(block, []byte{0}) {
		name, value, ok := bytes.Cut(entry, []byte("="))
		if !ok {
			value = entry // no variable, so nothing says that it may be shown
		} else if slices.Contains(shown, string(name)) {
			continue
		}
		clear(value) // a part of the block
	}
}

// environBlock returns the addresses between which the environment lies: fields 50 and 51 of /proc/self/stat,
// as proc(5) describes it.
func environBlock() (start, end int64, err error) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, 0, err
	}
	fields := statFields(stat)
	if len(fields) < 49 {
		return 0, 0, errors.New("/proc/self/stat does not say where it is")
	}
	start, err = strconv.ParseInt(string(fields[47]), 10, 64)
	if err != nil {
		return 0, 0, err
	}
	end, err = strconv.ParseInt(string(fields[48]), 10, 64)
	if err != nil {
		return 0, 0, err
	}
	const most = 64 << 20 // more than any kernel takes
	if start <= 0 || end < start || end-start > most {
		return 0, 0, errors.New("/proc/self/stat does not say where it is")
	}
	return start, end, nil
}
