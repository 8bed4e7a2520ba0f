//go:build unix

package pick

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// spent returns the processor time of this process.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// The time for a document does not grow with the number of the target's: processor
// time, for other work disturbs, and the least of five turns.
func TestPromiseTime(t *testing.T) {
	if !*promises {
		t.Skip("skipped: it takes minutes: -promises")
	}
	files := gather(t)
	r := rand.New(rand.NewPCG(4, 4))
	var documents []Unit
	for range 40 {
		documents = append(documents, Unit{Text: cut(r, files[".h"][r.IntN(len(files[".h"]))])})
	}
	for _, name := range []string{"ngram", "deflate", "zstd", "cm", "neural"} {
		t.Run(name, func(t *testing.T) {
			var scorers [2]Scorer
			for i, n := range []int{10, 1000} {
				var target [][]byte
				for range n {
					target = append(target, cut(r, files[".py"][r.IntN(len(files[".py"]))]))
				}
				training := Train(engine(t, name), target)
				training.Background(documents, 1)
				var err error
				if scorers[i], err = training.Scorer("contrast"); err != nil {
					t.Fatal(err)
				}
			}
			took := [2]time.Duration{time.Hour, time.Hour}
			for range 5 {
				for i, s := range scorers {
					from := spent(t)
					ScoreAll(s, documents, 1)
					took[i] = min(took[i], spent(t)-from)
				}
			}
			ratio := float64(took[1]) / float64(took[0])
			if t.Logf("| %s | %.2f ms | %.2f ms | %.2f |", name, took[0].Seconds()*25, took[1].Seconds()*25, ratio); ratio > 1.2 {
				t.Errorf("%s: 1,000 documents of the target make it %.2f times as slow as 10", name, ratio)
			}
		})
	}
}
