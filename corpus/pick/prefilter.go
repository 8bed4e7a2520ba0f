package pick

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/pith-codec/pith/internal/splitmix"
)

// Prefilter keeps the documents that a cheap scorer likes best, for a slow one to
// choose from, and a sample of all, to tell what that costs.
type Prefilter struct {
	Cheap  Chooser // what is kept, by the cheap score
	sample []*Pick
	random splitmix.Source
}

// sampled is how many documents are in the sample.
const sampled = 64

// Add shows the filter the next document of the source with its cheap score.
func (p *Prefilter) Add(u Unit, score float64) {
	p.Cheap.Add(u, score)
	x := &Pick{Unit: u, nth: p.Cheap.Seen}
	// Vitter, Random Sampling with a Reservoir, 1985, algorithm R.
	if len(p.sample) < sampled {
		p.sample = append(p.sample, x)
	} else if i := p.random.Next() % uint64(p.Cheap.Seen); i < sampled {
		p.sample[i] = x
	} else {
		return
	}
	x.Raw, x.Text = bytes.Clone(u.Raw), bytes.Clone(u.Text)
}

// Units returns what was kept, in the order of the source.
func (p *Prefilter) Units() []Unit {
	kept := slices.SortedFunc(slices.Values(p.Cheap.kept), func(a, b *Pick) int { return cmp.Compare(a.nth, b.nth) })
	return units(kept)
}

// Left returns documents that were not kept, drawn from all of them by chance, and how
// many there are of them.
func (p *Prefilter) Left() (sample []Unit, all int) {
	left := slices.DeleteFunc(slices.Clone(p.sample), func(x *Pick) bool {
		sum := Sum(x.Text)
		return len(x.Text) == 0 || p.Cheap.Exclude[sum] || p.Cheap.sums[sum]
	})
	c := &p.Cheap
	return units(left), c.Seen - c.Copies - c.Excluded - c.Empty - len(c.kept)
}

// Recall estimates which part of the documents that the slow scorer would have chosen
// was kept, given its scores of what Left returned, and how many there are of it.
func (p *Prefilter) Recall(c *Chooser, scores []float64, all int) float64 {
	if !c.full() || len(scores) == 0 {
		return 1
	}
	missed := 0
	for _, s := range scores {
		if s > c.kept[0].Score {
			missed++
		}
	}
	n := float64(len(c.kept))
	return n / (n + float64(missed)/float64(len(scores))*float64(all))
}

func units(picks []*Pick) (all []Unit) {
	for _, p := range picks {
		all = append(all, p.Unit)
	}
	return all
}
