package bench

import (
	"fmt"
	"slices"
)

// Change is what differs between two measurements of a codec on a file, by more than
// noise.
type Change struct {
	File, Codec string
	What        string  // "size", "compressing", "restoring" or "result"
	Part        float64 // new less old, of old
	Worse       bool
	Text        string // for people
}

// Noise of times that were measured once, and the least that is taken for noise.
const (
	unknownNoise = 0.20
	leastNoise   = 0.03
)

// Changes compares the results of the same files and codecs in two logs. Sizes are
// exact; a time has changed if its best run did by more than the runs of either
// measurement differ among themselves.
func Changes(before, after []*Result) (all []Change, compared int) {
	for _, b := range after {
		i := slices.IndexFunc(before, func(a *Result) bool {
			return a.File == b.File && a.Codec == b.Codec && a.Size == b.Size && a.SHA256 == b.SHA256
		})
		if i < 0 {
			continue
		}
		a := before[i]
		compared++
		add := func(what string, part float64, text string) {
			all = append(all, Change{b.File, b.Codec, what, part, part > 0, text})
		}
		switch {
		case a.Error == "" && b.Error != "":
			add("result", 1, "failed: "+b.Error)
			continue
		case a.Error != "" && b.Error == "":
			add("result", -1, "no longer fails")
			continue
		case a.Error != "":
			continue
		}
		if a.Coded != b.Coded {
			add("size", float64(b.Coded-a.Coded)/float64(max(a.Coded, 1)), fmt.Sprintf("%d bytes, were %d", b.Coded, a.Coded))
		}
		for _, t := range []struct {
			what string
			a, b []Cost
		}{{"compressing", a.Compress, b.Compress}, {"restoring", a.Restore, b.Restore}} {
			if len(t.a) == 0 || len(t.b) == 0 {
				continue
			}
			part := best(t.b)/best(t.a) - 1
			if noise := max(spread(t.a), spread(t.b)); part > noise || part < -noise {
				add(t.what, part, fmt.Sprintf("%.3f s, were %.3f s; noise is %.0f %%", best(t.b), best(t.a), 100*noise))
			}
		}
	}
	return all, compared
}

// spread returns by how much, of the best, the worst run was slower.
func spread(runs []Cost) float64 {
	if len(runs) < 2 {
		return unknownNoise
	}
	worst := 0.0
	for _, r := range runs {
		worst = max(worst, r.Wall)
	}
	return max(worst/best(runs)-1, leastNoise)
}
