package codec

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"github.com/pith-codec/pith/container"
	"github.com/pith-codec/pith/internal/refdec"
	"github.com/pith-codec/pith/internal/splitmix"
	"github.com/pith-codec/pith/internal/tinymodel"
	"github.com/pith-codec/pith/model/paq"
)

// filled is text of lines as long as they may be, indented by so many spaces.
func filled(n, width, indent int) []byte {
	var b strings.Builder
	column := width
	for _, w := range strings.Fields(string(prose(n))) {
		switch {
		case column+1+len(w) <= width:
			b.WriteByte(' ')
			column++
		case b.Len() > 0:
			b.WriteByte('\n')
			fallthrough
		default:
			b.WriteString(strings.Repeat(" ", indent))
			column = indent
		}
		b.WriteString(w)
		column += len(w)
	}
	return []byte(b.String())
}

// code looks like x86 to the transform of its targets.
func code(n int) []byte {
	var b []byte
	for i := 0; len(b) < n; i++ {
		target := uint32(7777*(i%5) - len(b) - 5)
		b = append(b, 0x55, 0x48, 0x89, 0xE5, 0xE8, byte(target), byte(target>>8), byte(target>>16), byte(target>>24), 0x0F, 0x84, byte(i), 1, 0, 0, 0xC3)
	}
	return b[:n]
}

// second are the inputs that the second decoder is tried with.
func second() map[string][]byte {
	wide := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune("\uFEFF" + string(prose(500)) + " zażółć 🙂 " + string(prose(300))))[1:] {
		wide = append(wide, byte(u), byte(u>>8))
	}
	long := prose(700)
	return map[string][]byte{
		"empty": nil, "one byte": []byte("x"), "noise": noise(2000, 3), "zeros": make([]byte, 5000), "prose": prose(1500),
		"crlf":     bytes.ReplaceAll(append(prose(900), "\nlone\r\n"...), []byte("\n"), []byte("\r\n")),
		"utf-16":   wide,
		"latin":    bytes.ReplaceAll(prose(1000), []byte("qu"), []byte("q\xFC\x93")),
		"filled":   filled(2500, 70, 0),
		"indented": filled(2500, 60, 4),
		"repeats":  append(append(bytes.Clone(long), "between"...), long...),
		"controls": bytes.Repeat([]byte("text with \x04 and \x06 that have no token, and \xff\xfe \xc0 too. "), 6),
		"records":  bytes.Repeat([]byte("\x01\x00id\x00\x00\x07;\x00ab"), 200),
		"code":     code(6000),
		"mixed":    append(append(prose(700), noise(900, 4)...), prose(600)...),
	}
}

// write returns content as the member of a file.
func write(t *testing.T, content []byte, l level, m *Model, d *Dictionary) []byte {
	t.Helper()
	var out bytes.Buffer
	e, err := NewEncoder(&out, EncoderOptions{Threads: 1, Dictionary: d, Model: func() (*Model, error) { return m, nil }})
	if err != nil {
		t.Fatal(err)
	}
	l.dictionary = d
	e.level = l
	if _, err := e.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// kinds counts the types of a file's blocks, and those that were transformed.
func kinds(t *testing.T, file []byte, all map[string]int) {
	t.Helper()
	for r := container.NewReader(bytes.NewReader(file)); ; {
		b, err := r.Next()
		if err != nil {
			return
		}
		all[fmt.Sprintf("type %d, transformed %v", b.Type, b.Transformed)]++
	}
}

// The second decoder, which has nothing in common with this package but the documents,
// restores what the encoder makes of all types, transforms and shapes.
func TestSecondDecoder(t *testing.T) {
	dictionary := append(prose(600), "\r\nIt's 1859; caf\xc3\xa9 \xff  \n\tand the 42nd.\r\n"...)
	made := map[string]int{}
	for name, config := range map[string]tinymodel.Config{"small": tinymodel.Small(), "default": tinymodel.Default()} {
		if testing.Short() && name != "small" {
			continue // its vocabulary takes a plain decoder long
		}
		file := tinymodel.Bytes(config)
		id := tinyID
		if name != "small" {
			id = external(file)
		}
		m, err := OpenModel(id, file)
		if err != nil {
			t.Fatal(err)
		}
		levels := map[string]level{
			"streams": {profile: paq.Strong, window: 128, stream: 30, streams: 8, block: 1000, prefer: true},
		}
		if name == "small" {
			levels["one stream"] = level{profile: paq.Strong, window: 128, stream: 1 << 20, streams: 1, block: 1 << 20, prefer: true}
			levels["zstd"] = level{zstd: true, block: 4000}
			levels["fast"] = level{profile: paq.Fast, log: 18, block: 4000}
			levels["strong"] = level{profile: paq.Strong, log: 13, block: 1 << 20}
		}
		for _, primed := range []bool{false, true} {
			var d *Dictionary
			in := refdec.Inputs{Model: [][]byte{file}, Number: id.Number}
			if primed {
				if d, err = NewDictionary(dictionary); err != nil {
					t.Fatal(err)
				}
				in.Dictionary = dictionary
			}
			for shape, l := range levels {
				for what, content := range second() {
					if (testing.Short() && (primed || shape == "one stream") || name != "small") && what != "repeats" && what != "controls" && what != "utf-16" {
						continue
					}
					file := write(t, content, l, m, d)
					kinds(t, file, made)
					got, err := refdec.Decode(file, in)
					if err != nil || !bytes.Equal(got, content) {
						t.Errorf("%s, %s, dictionary %v: %s: %d bytes of %d, %v", name, shape, primed, what, len(got), len(content), err)
					}
				}
			}
		}
	}
	for _, kind := range []string{"type 1, transformed false", "type 2, transformed false", "type 3, transformed false",
		"type 3, transformed true", "type 4, transformed false", "type 4, transformed true"} {
		if made[kind] == 0 {
			t.Errorf("no block of %s was made: %v", kind, made)
		}
	}
}

// Members of all levels follow one another.
func TestSecondDecoderMembers(t *testing.T) {
	m, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	var file, content []byte
	for _, l := range append(levels[MinLevel:], short) {
		l.prefer = true
		content = append(content, prose(800)...)
		file = append(file, write(t, prose(800), l, m, nil)...)
	}
	got, err := refdec.Decode(file, refdec.Inputs{Model: [][]byte{tinymodel.Bytes(tinymodel.Small())}, Number: tinyID.Number})
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes of %d, %v", len(got), len(content), err)
	}
}

// Members share nothing: models, dictionary and numerics are those of each header, and
// what a block does not need is not asked for.
func TestSecondDecoderHeaders(t *testing.T) {
	m, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	data := tinymodel.Bytes(tinymodel.Small())
	id := external(data)
	named, err := OpenModel(id, data)
	if err != nil {
		t.Fatal(err)
	}
	dictionary, err := NewDictionary(prose(300))
	if err != nil {
		t.Fatal(err)
	}
	text := prose(400)
	plain := func(kind container.Type, h container.Header) []byte {
		payload, err := text, error(nil)
		switch kind {
		case container.Zstd:
			payload, err = encodeZstd(text, zstd.SpeedDefault, nil)
		case container.Mixing:
			payload = encodeMixing(text, mixing{paq.Fast, paq.MinLog}, nil, func(int) {})
		}
		var out bytes.Buffer
		w := container.NewWriter(&out, h)
		b := &container.Block{Type: kind, Length: len(text), Hash: container.Hash(text), Payload: payload}
		if err := errors.Join(err, w.WriteBlock(b), w.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	mixed := level{profile: paq.Strong, log: 12, block: 4000}
	good := [][]byte{
		write(t, text, short, m, dictionary),
		write(t, text, short, named, dictionary),
		write(t, text, short, m, nil),
		plain(container.Zstd, container.Header{Numerics: 99}),
		plain(container.Stored, container.Header{Numerics: 99, Primed: true, Dictionary: container.DictionaryID{1}}),
		plain(container.Mixing, container.Header{Numerics: Numerics, Model: container.ModelID{Number: 77}}),
		plain(container.Mixing, container.Header{Numerics: Numerics, Model: tinyID, Foreign: "engine=none"}),
		write(t, text, mixed, nil, dictionary),
		write(t, text, short, named, nil),
		write(t, text, short, m, dictionary),
	}
	for _, last := range [][]byte{
		nil,
		plain(container.Mixing, container.Header{Numerics: Numerics + 1}),
		plain(container.Mixing, container.Header{Numerics: Numerics, Primed: true, Dictionary: container.DictionaryID{1}}),
		plain(container.Zstd, container.Header{Primed: true, Dictionary: container.DictionaryID{1}}),
	} {
		file := append(slices.Concat(good...), last...)
		d := NewDecoder(bytes.NewReader(file), DecoderOptions{Threads: 3, Dictionary: dictionary, Model: func(need container.ModelID) (*Model, error) {
			if need == id {
				return named, nil
			}
			return tinyOnly(need)
		}})
		want, err := io.ReadAll(d)
		d.Close()
		expected := refdec.Class("")
		if last != nil {
			expected = refdec.CannotHere
		}
		if !bytes.Equal(want, bytes.Repeat(text, len(good))) || class(err) != expected {
			t.Fatalf("%d bytes of %d, %v", len(want), len(good)*len(text), err)
		}
		got, e := refdec.Decode(file, refdec.Inputs{Model: [][]byte{data}, Number: tinyID.Number, Dictionary: prose(300)})
		var fault *refdec.Error
		if last != nil && (!errors.As(e, &fault) || fault.Class != expected) || last == nil && e != nil || !bytes.Equal(got, want) {
			t.Errorf("the second decoder: %d bytes of %d, %v", len(got), len(want), e)
		}
	}
}

// class names the finding of this package's decoder as FORMAT.md does.
func class(err error) refdec.Class {
	var (
		unsupported *container.UnsupportedError
		corrupt     *container.CorruptError
		diverged    *DivergedError
	)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, container.ErrFormat):
		return refdec.NotPith
	case errors.Is(err, io.ErrUnexpectedEOF):
		return refdec.Truncated
	case errors.As(err, &unsupported):
		return refdec.Unsupported
	case errors.As(err, &corrupt):
		return refdec.Corrupt
	case errors.As(err, &diverged):
		return refdec.Diverged
	}
	return refdec.CannotHere
}

// Where a file of one block is altered, and its check put right, both decoders find the
// same.
func TestSecondDecoderAltered(t *testing.T) {
	m, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	data := prose(200)
	d, err := NewDictionary(data)
	if err != nil {
		t.Fatal(err)
	}
	model := [][]byte{tinymodel.Bytes(tinymodel.Small())}
	text := bytes.ReplaceAll(prose(240), []byte("over"), []byte("ov\r\n"))
	found := map[refdec.Class]int{}
	for name, l := range map[string]level{
		"zstd": {zstd: true, block: 4000}, "fast": {profile: paq.Fast, log: 12, block: 4000}, "strong": {profile: paq.Strong, log: 12, block: 4000},
		"neural": {profile: paq.Strong, window: 128, stream: 20, streams: 4, block: 4000, prefer: true},
	} {
		for _, primed := range []bool{false, true} {
			dictionary, in, header := (*Dictionary)(nil), refdec.Inputs{Model: model, Number: tinyID.Number}, 8
			if primed {
				dictionary, in.Dictionary, header = d, data, 16
			}
			file := write(t, text, l, m, dictionary)
			block, err := container.NewReader(bytes.NewReader(file)).Next()
			if err != nil {
				t.Fatal(err)
			}
			check := len(file) - len(block.Payload) - 4
			r := splitmix.Source(5)
			tries := 100
			if testing.Short() {
				tries = 24
			}
			for range tries {
				altered := bytes.Clone(file)
				at := int(r.Next() % uint64(min(len(file), check+20)))
				altered[at] ^= byte(1 << (r.Next() % 8))
				sum := crc32.Checksum(slices.Concat(altered[:header], make([]byte, 4), altered[header:check], altered[check+4:]), crc32.MakeTable(crc32.Castagnoli))
				binary.LittleEndian.PutUint32(altered[check:], sum)
				dec := NewDecoder(bytes.NewReader(altered), DecoderOptions{Threads: 1, Model: tinyOnly, Dictionary: dictionary})
				want, err := io.ReadAll(dec)
				dec.Close()
				got, e := refdec.Decode(altered, in)
				var fault *refdec.Error
				finding := refdec.Class("")
				if errors.As(e, &fault) {
					finding = fault.Class
				}
				found[finding]++
				if finding != class(err) || !bytes.Equal(got, want) {
					t.Errorf("%s, dictionary %v, byte %d made %02x: %d bytes and %v, not %d and %v", name, primed, at, altered[at], len(got), e, len(want), err)
				}
			}
		}
	}
	for _, c := range []refdec.Class{"", refdec.Corrupt, refdec.Diverged, refdec.CannotHere, refdec.Unsupported} {
		if found[c] == 0 {
			t.Errorf("nothing was found %q: %v", c, found)
		}
	}
}

// What a payload says of a later version is no damage, and both decoders tell it from
// what no version writes; numerics and models that are not at hand come before it.
func TestSecondDecoderReserved(t *testing.T) {
	content := prose(100)
	block := func(kind container.Type, payload ...byte) container.Block {
		return container.Block{Type: kind, Length: len(content), Hash: container.Hash(content), Payload: payload, Tokens: 9, Streams: 1, Window: 128}
	}
	transformed := func(kind container.Type, payload ...byte) container.Block {
		b := block(kind, payload...)
		b.Transformed = true
		return b
	}
	wide := func(window int) container.Block {
		b := block(container.Neural, 1)
		b.Window = window
		return b
	}
	gap := container.AppendVarint([]byte{8, 1}, 1<<24)
	for name, c := range map[string]struct {
		block container.Block
		class refdec.Class
	}{
		"profile 2":             {block(container.Mixing, 2<<5|12), refdec.Unsupported},
		"profile 7, logarithm":  {block(container.Mixing, 7<<5), refdec.Unsupported},
		"logarithm 23":          {block(container.Mixing, 23), refdec.Unsupported},
		"logarithm 31":          {block(container.Mixing, 1<<5|31), refdec.Unsupported},
		"logarithm 22":          {block(container.Mixing, 22), refdec.Corrupt}, // of so short a block
		"logarithm 11":          {block(container.Mixing, 11), refdec.Corrupt},
		"no parameters":         {block(container.Mixing), refdec.Corrupt},
		"window 2^16":           {wide(1 << 16), refdec.Unsupported},
		"window 2^22":           {wide(1 << 22), refdec.Unsupported},
		"text, bit 6":           {transformed(container.Neural, 0x40), refdec.Unsupported},
		"text, bit 7":           {transformed(container.Neural, 0x88), refdec.Unsupported},
		"text, all":             {transformed(container.Neural, 0xFF), refdec.Unsupported},
		"text, none":            {transformed(container.Neural, 0), refdec.Corrupt},
		"text, nothing":         {transformed(container.Neural), refdec.Corrupt},
		"text, only indents":    {transformed(container.Neural, 0x20), refdec.Corrupt},
		"text, list":            {transformed(container.Neural, 8, 1), refdec.Corrupt},
		"text, list of a large": {transformed(container.Neural, gap...), refdec.Corrupt},
		"code, bit 7":           {transformed(container.Mixing, 0xC0, 12), refdec.Unsupported},
		"code, line ends":       {transformed(container.Mixing, 8, 0, 12), refdec.Unsupported},
		"code, none":            {transformed(container.Mixing, 0, 12), refdec.Corrupt},
		"code, bare":            {transformed(container.Mixing, 0x40), refdec.Corrupt},
	} {
		other := container.Header{Numerics: Numerics, Model: container.ModelID{Number: tinyID.Number + 1}}
		heads := map[container.Header]refdec.Class{
			{Numerics: Numerics, Model: tinyID}:     c.class,
			{Numerics: Numerics + 1, Model: tinyID}: refdec.CannotHere,
			other:                                   c.class,
		}
		if c.block.Type == container.Neural && c.block.Window == 128 {
			heads[other] = refdec.CannotHere
		}
		for head, want := range heads {
			var file bytes.Buffer
			w := container.NewWriter(&file, head)
			if err := errors.Join(w.WriteBlock(&c.block), w.Close()); err != nil {
				t.Fatal(err)
			}
			d := NewDecoder(bytes.NewReader(file.Bytes()), DecoderOptions{Threads: 1, Model: tinyOnly})
			_, err := io.ReadAll(d)
			d.Close()
			if got := class(err); err == nil || got != want {
				t.Errorf("%s, %v: %v, not %q", name, head, err, want)
			}
			_, e := refdec.Decode(file.Bytes(), refdec.Inputs{Model: [][]byte{tinymodel.Bytes(tinymodel.Small())}, Number: tinyID.Number})
			var fault *refdec.Error
			if !errors.As(e, &fault) || fault.Class != want {
				t.Errorf("%s, %v: the second decoder says %v, not %q", name, head, e, want)
			}
		}
	}
}

// What frames of Zstandard there are is said by RFC 8878, not by what the encoder writes.
func TestSecondDecoderFrames(t *testing.T) {
	content := bytes.Repeat(prose(300), 10)
	frame := func(part []byte, o ...zstd.EOption) []byte {
		var b bytes.Buffer
		w, err := zstd.NewWriter(&b, o...)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(part[:1])
		w.Flush() // so that the frame does not state its length
		w.Write(part[1:])
		w.Close()
		return b.Bytes()
	}
	plain := frame(content, zstd.WithWindowSize(1<<10))
	for name, payload := range map[string][]byte{
		"window as content": plain,
		"checksum":          frame(content, zstd.WithEncoderCRC(true), zstd.WithWindowSize(1<<10)),
		"window 4 KiB":      frame(content, zstd.WithWindowSize(4<<10)),
		"window 8 MiB":      frame(content, zstd.WithWindowSize(8<<20)),
		"two frames":        append(frame(content[:1000], zstd.WithWindowSize(1<<10)), frame(content[1000:], zstd.WithWindowSize(1<<10))...),
		"skippable before":  append([]byte("\x50\x2A\x4D\x18\x02\x00\x00\x00ab"), plain...),
		"skippable behind":  append(bytes.Clone(plain), "\x51\x2A\x4D\x18\x02\x00\x00\x00ab"...),
		"zero behind":       append(bytes.Clone(plain), 0),
		"cut":               plain[:len(plain)-1],
		"too little":        frame(content[1:], zstd.WithWindowSize(1<<10)),
		"too much":          frame(append(bytes.Clone(content), 'x'), zstd.WithWindowSize(1<<10)),
		"nothing":           nil,
		"text":              []byte("text"),
		"only skippable":    []byte("\x50\x2A\x4D\x18\x00\x00\x00\x00"),
	} {
		var file bytes.Buffer
		w := container.NewWriter(&file, container.Header{Numerics: Numerics})
		if err := w.WriteBlock(&container.Block{Type: container.Zstd, Length: len(content), Hash: container.Hash(content), Payload: payload}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		dec := NewDecoder(bytes.NewReader(file.Bytes()), DecoderOptions{Threads: 1})
		want, err := io.ReadAll(dec)
		got, e := refdec.Decode(file.Bytes(), refdec.Inputs{})
		var fault *refdec.Error
		finding := refdec.Class("")
		if errors.As(e, &fault) {
			finding = fault.Class
		}
		if finding != class(err) || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes and %v, not %d and %v", name, len(got), e, len(want), err)
		}
		if want := name == "window as content" || name == "checksum" || name == "two frames" || strings.HasPrefix(name, "skippable"); want != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Vectors of the container, cut anywhere or with one byte altered, are the same findings
// to both decoders.
func TestSecondDecoderVectors(t *testing.T) {
	vectors, err := os.ReadFile("../container/testdata/vectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	try := func(name string, file []byte) {
		dec := NewDecoder(bytes.NewReader(file), DecoderOptions{Threads: 1})
		want, err := io.ReadAll(dec)
		dec.Close()
		got, e := refdec.Decode(file, refdec.Inputs{})
		var fault *refdec.Error
		finding := refdec.Class("")
		if errors.As(e, &fault) {
			finding = fault.Class
		}
		if finding != class(err) || !bytes.Equal(got, want) {
			t.Errorf("%s: %x: %d bytes and %v, not %d and %v", name, file, len(got), e, len(want), err)
		}
		tried++
	}
	r := splitmix.Source(11)
	for line := range strings.Lines(string(vectors)) {
		f := strings.Fields(line)
		file, err := hex.DecodeString(strings.Trim(f[len(f)-1], "-"))
		if f[0] == "#" || err != nil {
			continue
		}
		try(f[0], file)
		for at := range file {
			if testing.Short() && r.Next()%4 > 0 {
				continue
			}
			try(f[0]+" cut", file[:at])
			for _, bits := range []byte{1 << (r.Next() % 8), 0x80, byte(r.Next())} {
				altered := bytes.Clone(file)
				altered[at] ^= bits
				try(f[0]+" altered", altered)
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d files", tried)
	}
	t.Logf("%s tried %d files", t.Name(), tried)
}
