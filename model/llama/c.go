//go:build llama

package llama

// The declarations are those of llama.h and ggml-backend.h of the version that go.mod
// names: the headers are not on the include path of other modules.

/*
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*pith_log)(int level, const char * text, void * data);
void llama_log_set(pith_log log, void * data);

void llama_free(void * context);
float * llama_get_logits_ith(void * context, int32_t i);
int32_t llama_token_to_piece(const void * vocab, int32_t token, char * buf, int32_t length, int32_t lstrip, bool special);
int llama_vocab_get_attr(const void * vocab, int32_t token);
int32_t llama_vocab_bos(const void * vocab);
int32_t llama_vocab_eos(const void * vocab);
int llama_vocab_type(const void * vocab);
int32_t llama_model_n_layer(const void * model);
int32_t llama_model_n_embd(const void * model);
int32_t llama_model_n_head(const void * model);
int32_t llama_model_n_head_kv(const void * model);
uint64_t llama_model_size(const void * model);
bool llama_model_is_recurrent(const void * model);
bool llama_model_has_encoder(const void * model);
int32_t llama_model_meta_val_str(const void * model, const char * key, char * buf, size_t size);

size_t ggml_backend_dev_count(void);
void * ggml_backend_dev_get(size_t i);
const char * ggml_backend_dev_name(void * device);
const char * ggml_backend_dev_description(void * device);
void ggml_backend_dev_memory(void * device, size_t * free, size_t * total);
int ggml_backend_dev_type(void * device);
void * ggml_backend_dev_backend_reg(void * device);
void * ggml_backend_reg_get_proc_address(void * reg, const char * name);

// The compiler of the library, for it is that of this file.
static const char * compiler(void) {
#if defined(__clang__)
	return "clang " __clang_version__;
#elif defined(__GNUC__)
	return "gcc " __VERSION__;
#else
	return "";
#endif
}

struct pith_feature { const char * name; const char * value; };

// feature returns the i-th feature of a device's library, with a null name behind the last.
static struct pith_feature feature(void * device, int i) {
	struct pith_feature none = {NULL, NULL};
	void * reg = ggml_backend_dev_backend_reg(device);
	struct pith_feature * (*features)(void *) = ggml_backend_reg_get_proc_address(reg, "ggml_backend_get_features");
	return features ? features(reg)[i] : none;
}

// What llama.cpp last said of an error: it is not printed, for it has many lines.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char said[256];

static void keep(int level, const char * text, void * data) {
	const int error = 4;
	if (level != error) {
		return;
	}
	pthread_mutex_lock(&lock);
	snprintf(said, sizeof said, "%s", text);
	pthread_mutex_unlock(&lock);
}

static void silence(void) { llama_log_set(keep, NULL); }

static void last_error(char * dst, size_t size) {
	pthread_mutex_lock(&lock);
	snprintf(dst, size, "%s", said);
	said[0] = 0;
	pthread_mutex_unlock(&lock);
}
*/
import "C"

import (
	"fmt"
	"log"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"unsafe"

	ollama "github.com/ollama/ollama/llama"
)

// initialise makes llama.cpp ready and silent.
var initialise = sync.OnceFunc(func() {
	// Finding its libraries, the package writes to the default log, which is set and
	// restored with the older one that depends on it.
	logger, out, flags := slog.Default(), log.Writer(), log.Flags()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	ollama.BackendInit()
	slog.SetDefault(logger)
	log.SetOutput(out)
	log.SetFlags(flags)
	C.silence()
})

// lastError returns what llama.cpp said of its last error, and forgets it.
func lastError() string {
	buf := make([]byte, 256)
	C.last_error((*C.char)(unsafe.Pointer(&buf[0])), C.size_t(len(buf)))
	return strings.TrimSpace(C.GoString((*C.char)(unsafe.Pointer(&buf[0]))))
}

// pointer returns the C pointer that the package keeps in a Model or Context.
func pointer[T any](p *T) unsafe.Pointer {
	return reflect.ValueOf(p).Elem().FieldByName("c").UnsafePointer()
}

// logits returns those after the i-th row of the last batch, in memory of llama.cpp
// that the next batch overwrites; nil if there are none.
func logits(c *ollama.Context, i, count int) []float32 {
	p := C.llama_get_logits_ith(pointer(c), C.int32_t(i))
	if p == nil {
		return nil
	}
	return unsafe.Slice((*float32)(p), count)
}

func freeContext(c *ollama.Context) { C.llama_free(pointer(c)) }

// compiler returns the name and version of the compiler that made the library.
func compiler() string { return C.GoString(C.compiler()) }

// Attributes of tokens.
const (
	attrUnknown = 1 << 0
	attrControl = 1 << 3
	attrByte    = 1 << 5
)

func attribute(vocab unsafe.Pointer, id int) int {
	return int(C.llama_vocab_get_attr(vocab, C.int32_t(id)))
}

// noVocabulary is the type of the vocabulary of models without one.
const noVocabulary = 0

func vocabularyType(vocab unsafe.Pointer) int { return int(C.llama_vocab_type(vocab)) }

// appendPiece appends what a token stands for.
func appendPiece(dst []byte, vocab unsafe.Pointer, id int) []byte {
	var buf [256]byte
	n := C.llama_token_to_piece(vocab, C.int32_t(id), (*C.char)(unsafe.Pointer(&buf[0])), C.int32_t(len(buf)), 0, false)
	if n >= 0 {
		return append(dst, buf[:n]...)
	}
	long := make([]byte, -n)
	n = C.llama_token_to_piece(vocab, C.int32_t(id), (*C.char)(unsafe.Pointer(&long[0])), C.int32_t(len(long)), 0, false)
	return append(dst, long[:max(n, 0)]...)
}

// firstToken returns the token that begins a text: BOS, or where there is none the
// one that ends another.
func firstToken(vocab unsafe.Pointer) int32 {
	if id := int32(C.llama_vocab_bos(vocab)); id >= 0 {
		return id
	}
	return max(int32(C.llama_vocab_eos(vocab)), 0)
}

// shape is what memory depends on.
type shape struct {
	layers, width, heads, kvHeads int
	bytes                         int64 // of the weights
}

func shapeOf(model unsafe.Pointer) shape {
	return shape{int(C.llama_model_n_layer(model)), int(C.llama_model_n_embd(model)), int(C.llama_model_n_head(model)),
		int(C.llama_model_n_head_kv(model)), int64(C.llama_model_size(model))}
}

// unfit says why a model cannot predict token by token, if it cannot.
func unfit(model unsafe.Pointer) error {
	switch {
	case bool(C.llama_model_has_encoder(model)):
		return fmt.Errorf("it has an encoder: only models that continue a text can be used")
	case bool(C.llama_model_is_recurrent(model)):
		return fmt.Errorf("it is recurrent: only models with keys and values can be used")
	}
	return nil
}

// metadata returns a value of the model's file as text, "" if it is not there.
func metadata(model unsafe.Pointer, key string) string {
	name := C.CString(key)
	defer C.free(unsafe.Pointer(name))
	var buf [256]byte
	if C.llama_model_meta_val_str(model, name, (*C.char)(unsafe.Pointer(&buf[0])), C.size_t(len(buf))) < 0 {
		return ""
	}
	return C.GoString((*C.char)(unsafe.Pointer(&buf[0])))
}

// Kinds of devices.
const (
	deviceCPU = 0
	deviceGPU = 1
)

// device is what llama.cpp can run on.
type device struct {
	name, description string
	kind              int
	gpu               int      // its place among the GPUs, from 0
	features          []string // of its library
	free              int64    // bytes
}

// devices returns all there are.
func devices() (all []device) {
	gpus := 0
	for i := range C.ggml_backend_dev_count() {
		p := C.ggml_backend_dev_get(i)
		d := device{name: C.GoString(C.ggml_backend_dev_name(p)), description: C.GoString(C.ggml_backend_dev_description(p)),
			kind: int(C.ggml_backend_dev_type(p))}
		if d.kind == deviceGPU {
			d.gpu = gpus
			gpus++
		}
		for k := C.int(0); ; k++ {
			f := C.feature(p, k)
			if f.name == nil {
				break
			}
			name, value := C.GoString(f.name), C.GoString(f.value)
			if value != "1" {
				name += ":" + value
			}
			d.features = append(d.features, name)
		}
		var free, total C.size_t
		C.ggml_backend_dev_memory(p, &free, &total)
		d.free = int64(free)
		all = append(all, d)
	}
	return all
}
