package atomicfile

import (
	"errors"
	"io/fs"
	"sync"
)

// pending are the temporary files of this process.
var (
	mu      sync.Mutex
	pending = map[string]bool{}
)

// Discard closes and removes the temporary file. After Commit it does nothing.
func (f *File) Discard() {
	f.Close()
	_ = f.remove()
}

// remove removes the temporary file if it is still there. What fails is tried
// again by the next Discard or DiscardAll.
func (f *File) remove() error {
	mu.Lock()
	defer mu.Unlock()
	if !pending[f.Name()] {
		return nil
	}
	if err := sys.remove(f.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	delete(pending, f.Name())
	return nil
}

// DiscardAll removes all temporary files of this process, which is about to
// end: whoever calls Create or Discard from now on waits for ever.
func DiscardAll() {
	mu.Lock()
	for name := range pending {
		_ = sys.remove(name)
	}
}
