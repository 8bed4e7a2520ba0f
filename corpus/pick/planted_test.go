package pick

import (
	"cmp"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pith-codec/pith/codec"
	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/corpus/length"
	"github.com/pith-codec/pith/internal/shareddata"
)

var promises = flag.Bool("promises", false, "measure retrieval of planted documents, for minutes")

// document is a part of a file of some kind.
type document struct {
	text []byte
	kind string
}

var kinds = []string{".py", ".h", ".md", ".js"}

// gather returns files of each kind that the machine has, of different packages.
func gather(t *testing.T) map[string][][]byte {
	t.Helper()
	all := map[string]map[string][]string{} // kind, package, files
	for _, root := range []string{"/usr", filepath.Join(os.Getenv("HOME"), "go", "pkg", "mod")} {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			kind := filepath.Ext(path)
			if err != nil || !d.Type().IsRegular() || !slices.Contains(kinds, kind) {
				return nil
			}
			if all[kind] == nil {
				all[kind] = map[string][]string{}
			}
			// A package is the folder three below the root's.
			parts := strings.Split(path, "/")
			pack := strings.Join(parts[:min(len(parts)-1, 7)], "/")
			all[kind][pack] = append(all[kind][pack], path)
			return nil
		})
	}
	found := map[string][][]byte{}
	for _, kind := range kinds {
		packs := make([]string, 0, len(all[kind]))
		for p := range all[kind] {
			packs = append(packs, p)
		}
		slices.Sort(packs)
		for _, p := range packs {
			for _, path := range all[kind][p][:min(20, len(all[kind][p]))] {
				if text, err := os.ReadFile(path); err == nil && len(text) > 2000 {
					found[kind] = append(found[kind], text)
				}
			}
		}
		if len(found[kind]) < 150 {
			t.Skipf("skipped: only %d files end with %s here", len(found[kind]), kind)
		}
	}
	return found
}

// cut returns a part of a text of 256 B to 8 KiB, log-uniform.
func cut(r *rand.Rand, text []byte) []byte {
	n := int(256 * math.Exp2(5*r.Float64()))
	at := r.IntN(max(1, len(text)-n))
	return text[at:min(at+n, len(text))]
}

// planted returns 20 target documents of a kind and a source of 1,000, 100 of which are
// of that kind, from other files.
func planted(files map[string][][]byte, kind string, seed uint64) (target [][]byte, source []document) {
	return plant(files, kind, seed, 100, 1000)
}

// plant is planted with other numbers.
func plant(files map[string][][]byte, kind string, seed uint64, plants, all int) (target [][]byte, source []document) {
	r := rand.New(rand.NewPCG(seed, 7))
	order := r.Perm(len(files[kind]))
	for _, i := range order[:20] {
		target = append(target, cut(r, files[kind][i]))
	}
	for i := range plants {
		source = append(source, document{cut(r, files[kind][order[20+i%(len(order)-20)]]), kind})
	}
	for len(source) < all {
		other := kinds[r.IntN(len(kinds))]
		if other != kind {
			source = append(source, document{cut(r, files[other][r.IntN(len(files[other]))]), other})
		}
	}
	r.Shuffle(len(source), func(i, j int) { source[i], source[j] = source[j], source[i] })
	return target, source
}

// averagePrecision of a ranking by score, best first.
func averagePrecision(source []document, score []float64, kind string) (ap float64, at10 float64) {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case score[a] > score[b]:
			return -1
		case score[a] < score[b]:
			return 1
		}
		return 0
	})
	hits := 0
	for n, i := range order {
		if source[i].kind == kind {
			hits++
			ap += float64(hits) / float64(n+1)
			if n < 10 {
				at10++
			}
		}
	}
	return ap / float64(max(hits, 1)), at10 / 10
}

var wordpunct = regexp.MustCompile(`\w+|[^\w\s]+`)

// dsir scores by hashed unigrams and bigrams (Xie et al., Data Selection for Language
// Models via Importance Resampling, 2023), the mean a token: the baseline to beat.
func dsir(target [][]byte, source []document) (score []float64) {
	const buckets = 10000
	features := func(text []byte) (all []int) {
		hash := func(s string) int {
			h := uint32(2166136261)
			for i := range len(s) {
				h = (h ^ uint32(s[i])) * 16777619
			}
			return int(h % buckets)
		}
		words := wordpunct.FindAllString(strings.ToLower(string(text)), -1)
		for i, w := range words {
			all = append(all, hash(w))
			if i > 0 {
				all = append(all, hash(words[i-1]+" "+w))
			}
		}
		return all
	}
	p, q := make([]float64, buckets), make([]float64, buckets)
	sum := func(into []float64, text []byte) {
		for _, f := range features(text) {
			into[f]++
		}
	}
	for _, t := range target {
		sum(p, t)
	}
	for _, s := range source {
		sum(q, s.text)
	}
	total := func(x []float64) (n float64) {
		for i := range x {
			x[i]++
			n += x[i]
		}
		return n
	}
	np, nq := total(p), total(q)
	for _, s := range source {
		all := features(s.text)
		sum := 0.0
		for _, f := range all {
			sum += math.Log(p[f]/np) - math.Log(q[f]/nq)
		}
		score = append(score, sum/float64(max(len(all), 1)))
	}
	return score
}

// TestPlanted measures retrieval for docs/RESULTS.md: go test ./corpus/pick -run
// Planted -v -promises -timeout 60m
func TestPlanted(t *testing.T) {
	if !*promises {
		t.Skip("skipped: it takes minutes: -promises")
	}
	files := gather(t)
	type method struct {
		name  string
		score func([][]byte, []document) []float64
	}
	methods := []method{{"DSIR's features, mean per token", dsir}}
	for _, way := range [][2]string{{"contrast", "ngram"}, {"zipfit", "deflate"}, {"gain", "deflate"}, {"contrast", "deflate"}} {
		methods = append(methods, method{"select: " + way[0] + ", " + way[1], func(target [][]byte, source []document) []float64 {
			training := Train(engine(t, way[1]), target)
			units := make([]Unit, len(source))
			for i, s := range source {
				units[i].Text = s.text
			}
			training.Background(units, 2)
			scorer, err := training.Scorer(way[0])
			if err != nil {
				t.Fatal(err)
			}
			return ScoreAll(scorer, units, 2)
		}})
	}
	for _, m := range methods {
		t.Run(m.name, func(t *testing.T) {
			var aps, tens, rhos []float64
			row := ""
			for _, kind := range kinds {
				for seed := range uint64(3) {
					target, source := planted(files, kind, seed)
					score := m.score(target, source)
					ap, ten := averagePrecision(source, score, kind)
					var s, n []float64
					for i, d := range source {
						if d.kind != kind {
							s, n = append(s, score[i]), append(n, float64(len(d.text)))
						}
					}
					aps, tens, rhos = append(aps, ap), append(tens, ten), append(rhos, RankCorrelation(s, n))
				}
				row += fmt.Sprintf(" %.3f |", mean(aps[len(aps)-3:]))
			}
			t.Logf("| %s | %.3f | %.3f |%s %.3f | %+.2f |", m.name, mean(aps), slices.Min(aps), row, mean(tens), mean(rhos))
		})
	}
}

func mean(x []float64) (m float64) {
	for _, v := range x {
		m += v / float64(len(x))
	}
	return m
}

// ngrams scores a source by n-grams.
func ngrams(target [][]byte, source []document) (*Training, []float64) {
	training, units := Train(nil, target), make([]Unit, len(source))
	for i, s := range source {
		units[i].Text = s.text
	}
	training.Background(units, 2)
	return training, ScoreAll(training.Ngrams(), units, 2)
}

// One document of a kind in 10,000 is among the ten best.
func TestPromiseNeedle(t *testing.T) {
	if !*promises {
		t.Skip("skipped: it takes minutes: -promises")
	}
	files, found := gather(t), 0
	for seed := range uint64(10) {
		kind := kinds[seed%uint64(len(kinds))]
		target, source := plant(files, kind, 50+seed, 1, 10000)
		_, score := ngrams(target, source)
		needle := slices.IndexFunc(source, func(d document) bool { return d.kind == kind })
		rank := 1
		for _, s := range score {
			if s > score[needle] {
				rank++
			}
		}
		if t.Logf("%s: place %d", kind, rank); rank <= 10 {
			found++
		}
	}
	if found < 9 {
		t.Errorf("%d of 10 needles are among the ten best, want 9", found)
	}
}

// A target drawn as the source is finds no kind, and is known for it; one of a kind is
// not taken for such.
func TestPromiseNegative(t *testing.T) {
	if !*promises {
		t.Skip("skipped: it takes minutes: -promises")
	}
	files := gather(t)
	var aps []float64
	for _, kind := range kinds {
		for seed := range uint64(3) {
			target, source := planted(files, kind, 80+seed)
			training, score := ngrams(target, source)
			if own := training.Own(score); own < 0.75 {
				t.Errorf("%s: taken for no kind, %.2f", kind, own)
			}
			r := rand.New(rand.NewPCG(seed, 9))
			target = nil
			for _, other := range kinds {
				n := 6 // of 20, as 300 of 1,000
				if other == kind {
					n = 2
				}
				for range n {
					target = append(target, cut(r, files[other][r.IntN(len(files[other]))]))
				}
			}
			training, score = ngrams(target, source)
			ap, _ := averagePrecision(source, score, kind)
			own := training.Own(score)
			if aps = append(aps, ap); own >= 0.75 {
				t.Errorf("%s: a target of all kinds is taken for one, %.2f", kind, own)
			}
			t.Logf("%s: AP %.3f, own %.2f", kind, ap, own)
		}
	}
	if t.Logf("mean AP %.3f", mean(aps)); math.Abs(mean(aps)-0.1) > 0.02 {
		t.Errorf("AP %.3f, want chance", mean(aps))
	}
}

// What part of the documents that the default model's contrast likes best n-grams keep
// for it, by how many they keep for each; documents of at most 300 bytes, 30 of 300 of
// the kind. And what each finds by itself.
func TestPromisePrefilter(t *testing.T) {
	if !*promises {
		t.Skip("skipped: it takes minutes: -promises")
	}
	files := gather(t)
	m, err := codec.OpenModel(container.ModelID{Number: 1}, shareddata.Weights(t)...)
	if err != nil {
		t.Fatal(err)
	}
	e, err := length.Neural(m, 7)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{".md", ".py"} {
		target, source := plant(files, kind, 0, 30, 300)
		units := make([]Unit, len(source))
		for i := range source {
			source[i].text = source[i].text[:min(300, len(source[i].text))]
			units[i].Text = source[i].text
		}
		training := Train(e, target)
		training.Background(units, 2)
		scorer, err := training.Scorer("contrast")
		if err != nil {
			t.Fatal(err)
		}
		from := time.Now()
		cheap, slow := ScoreAll(training.Ngrams(), units, 2), ScoreAll(scorer, units, 2)
		apCheap, _ := averagePrecision(source, cheap, kind)
		apSlow, _ := averagePrecision(source, slow, kind)
		t.Logf("%s: AP %.3f by n-grams, %.3f by the model, in %v", kind, apCheap, apSlow, time.Since(from))
		for _, k := range []int{5, 10, 30} {
			row := fmt.Sprintf("| %s, k = %d |", kind, k)
			want := best(slow, k)
			for _, c := range []int{1, 2, 3, 5, 10} {
				kept, hits := best(cheap, c*k), 0
				for i := range want {
					if kept[i] {
						hits++
					}
				}
				row += fmt.Sprintf(" %.2f |", float64(hits)/float64(k))
			}
			t.Log(row)
		}
	}
}

// best returns which n scores are the best.
func best(scores []float64, n int) map[int]bool {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	in := map[int]bool{}
	for _, i := range order[:min(n, len(order))] {
		in[i] = true
	}
	return in
}
