package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pith-codec/pith/internal/progress"
	"github.com/pith-codec/pith/model/store"
)

// pull gets a model into pith's own folder.
func (m *models) pull(words []string) int {
	if len(words) != 1 {
		return m.u.usage(errors.New("model pull takes one address or name"))
	}
	d := store.Download{URL: words[0], Name: m.c.String("name"), SHA256: m.c.String("sha256"), Insecure: m.c.Bool("insecure")}
	if m.c.IsSet("name") {
		if err := store.CheckName(d.Name); err != nil {
			return m.u.usage(err)
		}
	}
	if hash, err := hex.DecodeString(d.SHA256); m.c.IsSet("sha256") && (err != nil || len(hash) != 32) {
		return m.u.usage(fmt.Errorf("--sha256 %q: want 64 hexadecimal digits", d.SHA256))
	}
	return m.each(words, func(name string) error {
		if !strings.Contains(name, "://") {
			address, err := store.HubURL(name)
			if err != nil {
				return hint(err.Error(), "give the address of a GGUF file, or set HF_ENDPOINT and give ORG/REPO/FILE")
			}
			d.URL, d.Token = address, os.Getenv("HF_TOKEN")
		}
		var meter *progress.Meter
		shown := ""
		defer func() { meter.Clear() }()
		if !m.quiet {
			d.Progress = func(file string, done, size int64) {
				if file != shown {
					meter.Clear()
					meter, shown = progress.New(os.Stderr, printable(file), size), file
				}
				meter.Set(done)
			}
		}
		e, compared, err := store.Pull(context.Background(), d)
		switch {
		case errors.Is(err, store.ErrInsecure):
			return hint(err.Error(), "use https, or --insecure if you trust them")
		case err == nil && !compared && !m.quiet:
			m.u.say("pith: " + name + ": nothing says what its SHA-256 should be: compare it yourself, or give it with --sha256")
		}
		return m.added(e, err)
	})
}
