//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// owned is a FileInfo with another owner and group.
type owned struct {
	fs.FileInfo
	stat syscall.Stat_t
}

func (o *owned) Sys() any { return &o.stat }

// The owner and group of the input are kept where that is allowed; where not,
// a group that is another gets no rights that all do not have.
func TestOwner(t *testing.T) {
	target := filepath.Join(t.TempDir(), "a")
	info := like(t, 0o654, time.Now())
	other := &owned{info, *info.Sys().(*syscall.Stat_t)}
	other.stat.Uid, other.stat.Gid = 54321, 54322
	if err := mustCreate(t, target, false, "").Commit(other); err != nil {
		t.Fatal(err)
	}
	got, err := os.Stat(target)
	if err != nil {
		t.Fatal(err)
	}
	stat := got.Sys().(*syscall.Stat_t)
	if os.Geteuid() == 0 && stat.Uid == 54321 {
		if stat.Gid != 54322 || got.Mode() != 0o654 {
			t.Errorf("group %d, mode %v", stat.Gid, got.Mode())
		}
		return
	}
	if int(stat.Gid) == 54322 || got.Mode() != 0o644 {
		t.Errorf("group %d, mode %v", stat.Gid, got.Mode())
	}
}
