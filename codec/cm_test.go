package codec

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pith-codec/pith/internal/shareddata"
	"github.com/pith-codec/pith/model/paq"
)

// zpaqBytes are the sizes of the archives that `zpaq a x.zpaq FILE -m5` (zpaq
// 7.15, Debian) makes of the Canterbury corpus.
var zpaqBytes = map[string]int{
	"alice29.txt":   37600,
	"asyoulik.txt":  35379,
	"cp.html":       7423,
	"fields.c":      3475,
	"grammar.lsp":   2078,
	"kennedy.xls":   16822,
	"lcet10.txt":    90021,
	"plrabn12.txt":  127578,
	"ptt5":          28563,
	"sum":           10325,
	"xargs.1":       2528,
	"geo.protodata": 12161,
	"urls.10K":      135189,
}

var wholeCM = flag.Bool("cm", false, "let TestCM take files of any size")

// TestCM prints what the context mixing tier makes of the Canterbury corpus and
// of the files that PITH_CM names, separated by colons, and restores each. It
// leaves out large files but with -cm.
func TestCM(t *testing.T) {
	shareddata.Read(t, "corpora/canterbury/alice29.txt")
	paths, _ := filepath.Glob("../../shared/corpora/canterbury/*")
	if more := os.Getenv("PITH_CM"); more != "" {
		paths = append(paths, strings.Split(more, ":")...)
	}
	for profile := range paq.Profiles {
		total, sum, spent := 0, 0, time.Duration(0)
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(content) > 50_000 && !*wholeCM {
				continue
			}
			began := time.Now()
			x := mixing{profile, paq.LogFor(len(content), paq.MaxLog)}
			payload := encodeMixing(content, x, nil, func(int) {})
			took := time.Since(began)
			spent += took
			if back, err := decodeMixing(payload, x, len(content), nil, func(int) {}); err != nil || !bytes.Equal(back, content) {
				t.Errorf("%s is not restored: %v", path, err)
			}
			total, sum = total+len(content), sum+len(payload)
			name := filepath.Base(path)
			t.Logf("%d %-16s %8d -> %7d zpaq %7d  %.2f MB/s", profile, name, len(content), len(payload), zpaqBytes[name], float64(len(content))/took.Seconds()/1e6)
		}
		t.Logf("%d total %d -> %d, %.2f MB/s", profile, total, sum, float64(total)/spent.Seconds()/1e6)
	}
}

// What the header says of memory depends on the content, not on how many blocks are
// still at hand when it ends.
func TestThreadsOfPlainBlocks(t *testing.T) {
	content := noise(100<<10, 5)
	for i := range content {
		content[i] &= 15
	}
	l := level{profile: paq.Fast, log: 18, block: 64 << 10}
	one := compress(t, content, l, 1)
	if several := compress(t, content, l, 4); !bytes.Equal(one, several) {
		t.Error("four threads make another file than one")
	}
}
