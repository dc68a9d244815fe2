package wrap

import (
	"fmt"
	"os"
)

// OpenLog opens a file to append to. A regular file is made readable to its owner alone, also one that was there
// before; where that is refused and others could read it, it is an error. The caller closes it.
func OpenLog(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	if err := private(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// private takes the rights of others away. A terminal, a pipe or a device stays as it is.
func private(f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return fmt.Errorf("opening the log: %w", err)
	}
	if !st.Mode().IsRegular() || st.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err := f.Chmod(0o600); err != nil {
		return fmt.Errorf("opening the log: others can read %s, and its mode cannot be changed; name another file: %w", f.Name(), err)
	}
	return nil
}
