package gitstore

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Tarball packs a commit as GitHub does: a global header with the commit, and everything below one folder,
// named top.
func (st *Store) Tarball(top, commit string) []byte {
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	tw := tar.NewWriter(gz)
	when := time.Unix(1767225600, 0)
	put := func(h *tar.Header, data string) {
		h.ModTime = when
		h.Size = int64(len(data))
		if tw.WriteHeader(h) == nil { // a buffer does not fail
			_, _ = tw.Write([]byte(data))
		}
	}
	_ = tw.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": commit}})
	put(&tar.Header{Typeflag: tar.TypeDir, Name: top + "/", Mode: 0o775}, "")
	type item struct {
		p string
		e Entry
	}
	var all []item
	st.Walk(commit, "", func(p string, e Entry) { all = append(all, item{p, e}) })
	slices.SortFunc(all, func(a, b item) int { return strings.Compare(a.p, b.p) })
	for _, i := range all {
		name := top + "/" + i.p
		switch i.e.Mode {
		case Directory, Submodule:
			put(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o775}, "")
		case Symlink:
			put(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: st.Text(i.e), Mode: 0o777}, "")
		default:
			mode, _ := strconv.ParseInt(i.e.Mode[3:], 8, 64)
			put(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode | 0o020}, st.Text(i.e))
		}
	}
	if tw.Close() != nil || gz.Close() != nil {
		return nil
	}
	return buf.Bytes()
}
