package inspect

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/excerpt"
)

// Limits on an archive. A log's text may repeat itself a lot, but not without end.
const (
	maxArchive   = 2 << 30  // bytes of the archive
	maxDirectory = 16 << 20 // bytes of its directory
	maxMember    = 1 << 30  // bytes that a member grows to
	maxTotal     = 16 << 30 // bytes that all members grow to
	freeGrowth   = 16 << 20 // bytes that a member may grow to whatever its size
	maxRatio     = 500      // times its size that a larger member may grow to
	zstandard    = 93       // the method of the ZIP format for Zstandard, which inspect_ai writes
)

// archive reads an .eval file: header.json, or _journal/start.json of an evaluation that has not ended, and the
// samples: samples/ID_epoch_N.json, or samples/ID_epoch_N/sample.json for one that is stored in pieces.
func archive(file recorded.Source) (log, error) {
	var l log
	f, err := file.Open()
	if err != nil {
		return l, err
	}
	defer f.Close()
	z, err := directory(f, file.Path)
	if err != nil {
		return l, err
	}
	header, members := pick(z)
	if header == nil {
		return l, &recorded.Error{Path: file.Path, Problem: "the archive has no header.json", Allowed: "an .eval log of inspect_ai"}
	}
	left := int64(maxTotal)
	if l.header, err = member(file.Path, header, headerShape(), &left); err != nil {
		return l, err
	}
	for _, m := range members {
		v, err := member(file.Path, m, sampleShape(), &left)
		if err != nil {
			return l, err
		}
		l.samples = append(l.samples, sample{memberPath(file.Path, m), v})
	}
	return l, nil
}

// directory reads the archive's directory, which may hold many more names than its size suggests.
func directory(f io.Reader, path string) (*zip.Reader, error) {
	at, size, err := readerAt(f, path)
	if err != nil {
		return nil, err
	}
	limited := &limitedAt{ReaderAt: at, left: maxDirectory}
	z, err := zip.NewReader(limited, size)
	limited.left = -1
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, &recorded.Error{Path: path, Problem: "the archive cannot be read: " + err.Error(), Allowed: "an .eval log of inspect_ai is a ZIP archive"}
	}
	z.RegisterDecompressor(zstandard, zstd.ZipDecompressor(zstd.WithDecoderMaxMemory(maxMember), zstd.WithDecoderMaxWindow(64<<20)))
	return z, nil
}

// readerAt returns the file for reading at places; one that cannot do that is read whole.
func readerAt(f io.Reader, path string) (io.ReaderAt, int64, error) {
	tooLarge := &recorded.Error{Path: path, Problem: "the archive is too large", Allowed: fmt.Sprintf("at most %d bytes", maxArchive)}
	if at, ok := f.(io.ReaderAt); ok {
		if s, ok := f.(io.Seeker); ok {
			size, err := s.Seek(0, io.SeekEnd)
			if err != nil {
				return nil, 0, fmt.Errorf("reading %s: %w", path, err)
			}
			if size > maxArchive {
				return nil, 0, tooLarge
			}
			return at, size, nil
		}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxArchive+1))
	if err != nil {
		return nil, 0, fmt.Errorf("reading %s: %w", path, err)
	}
	if len(data) > maxArchive {
		return nil, 0, tooLarge
	}
	return bytes.NewReader(data), int64(len(data)), nil
}

// limitedAt fails when more than left bytes are read, until left is set to -1.
type limitedAt struct {
	io.ReaderAt
	left int64
}

func (l *limitedAt) ReadAt(p []byte, off int64) (int, error) {
	if l.left >= 0 {
		if l.left -= int64(len(p)); l.left < 0 {
			l.left = 0
			return 0, errors.New("its directory is too large")
		}
	}
	return l.ReaderAt.ReadAt(p, off)
}

// pick finds the header and the samples among the members. A name that is there twice stands for its last member,
// as in every ZIP archive that was written to again.
func pick(z *zip.Reader) (header *zip.File, samples []*zip.File) {
	last := map[string]int{}
	for i, m := range z.File {
		last[m.Name] = i
	}
	for i, m := range z.File {
		if last[m.Name] != i {
			continue
		}
		switch {
		case m.Name == "header.json", m.Name == "_journal/start.json" && header == nil:
			if header == nil || m.Name == "header.json" {
				header = m
			}
		case isSample(m.Name):
			samples = append(samples, m)
		}
	}
	return header, samples
}

// isSample reports whether a member holds a sample. A sample's id may have slashes in it.
func isSample(name string) bool {
	rest, ok := strings.CutPrefix(name, "samples/")
	if !ok {
		return false
	}
	if shell, ok := strings.CutSuffix(rest, "/sample.json"); ok {
		rest = shell + ".json"
	}
	base, ok := strings.CutSuffix(rest, ".json")
	i := strings.LastIndex(base, "_epoch_")
	if !ok || i < 0 {
		return false
	}
	epoch := base[i+len("_epoch_"):]
	return epoch != "" && strings.Trim(epoch, "0123456789") == ""
}

func memberPath(path string, m *zip.File) string {
	name := m.Name
	if len(name) > 200 {
		name = name[:200]
	}
	return path + "/" + strings.Trim(fmt.Sprintf("%q", name), `"`)
}

// member reads one member and what is wanted of it; left is what all members may still grow to.
func member(path string, m *zip.File, want *excerpt.Shape, left *int64) (excerpt.Value, error) {
	place := memberPath(path, m)
	broken := func(problem string) error {
		return &recorded.Error{Path: place, Problem: problem, Allowed: "an .eval log of inspect_ai"}
	}
	r, err := m.Open()
	if err != nil {
		return excerpt.Value{}, broken("this cannot be unpacked: " + err.Error())
	}
	defer r.Close()
	packed := int64(min(m.CompressedSize64, maxArchive))
	limit := min(max(packed*maxRatio, freeGrowth), maxMember, *left)
	in := &growth{r: r, left: limit}
	v, err := excerpt.Read(in, want)
	*left -= limit - in.left
	switch {
	case in.burst:
		return v, broken(fmt.Sprintf("this grows to more than %d bytes from %d", limit, packed))
	case err != nil && in.err != nil && in.err != io.EOF:
		return v, broken("this cannot be unpacked: " + in.err.Error())
	}
	return v, recorded.Syntax(place, err)
}

// growth reads at most left bytes and remembers whether there were more.
type growth struct {
	r     io.Reader
	left  int64
	burst bool
	err   error
}

func (g *growth) Read(p []byte) (int, error) {
	if int64(len(p)) > g.left+1 {
		p = p[:g.left+1]
	}
	n, err := g.r.Read(p)
	if int64(n) > g.left {
		g.burst = true
		return 0, io.ErrShortBuffer
	}
	g.left -= int64(n)
	if err != nil {
		g.err = err
	}
	return n, err
}
