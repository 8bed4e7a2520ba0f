package rules

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// exact are the packages that decide probabilities and bytes of files.
var exact = []string{"arith", "container", "codec", "codec/transform", "internal/exact", "model/cm", "model/ensemble", "model/gguf",
	"model/lm", "model/lm/kernel", "model/mix", "model/paq", "model/token"}

// allowed are the functions of package math that give the same bits everywhere:
// correctly rounded, or not computing at all.
var allowed = []string{"Sqrt", "Abs", "Floor", "Ceil", "Trunc", "Inf", "IsInf", "IsNaN", "NaN", "Signbit", "Copysign",
	"Float32bits", "Float32frombits", "Float64bits", "Float64frombits"}

// unordered are functions that leave open which of equal elements comes first.
var unordered = []string{"sort.Slice", "sort.Sort", "slices.SortFunc", "slices.Sort", "sort.Ints", "sort.Strings"}

// total are files whose comparisons never find two elements equal.
var total = []string{"vocabulary.go"} // tokens are ordered by their numbers last

// finding is a place that breaks a rule.
type finding struct{ where, what string }

// check returns what breaks the rules in files of one package.
func check(files *token.FileSet, trees []*ast.File, info *types.Info) (all []finding, looked int) {
	for _, tree := range trees {
		var parents []ast.Node
		ast.Inspect(tree, func(n ast.Node) bool {
			if n == nil {
				parents = parents[:len(parents)-1]
				return true
			}
			var parent ast.Node
			if len(parents) > 0 {
				parent = parents[len(parents)-1]
			}
			parents = append(parents, n)
			looked++
			add := func(what string) {
				all = append(all, finding{files.Position(n.Pos()).String(), what})
			}
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if f, ok := info.Uses[n.Sel].(*types.Func); ok && f.Pkg() != nil {
					name := f.Pkg().Name() + "." + f.Name()
					if f.Pkg().Path() == "math" && !slices.Contains(allowed, f.Name()) {
						add(name + " differs between machines")
					}
					file := filepath.Base(files.Position(n.Pos()).Filename)
					if slices.Contains(unordered, name) && !strict(info, parent) && !slices.Contains(total, file) {
						add(name + " leaves the order of equal elements open")
					}
					if f.Pkg().Path() == "math/rand" || f.Pkg().Path() == "math/rand/v2" || f.Pkg().Path() == "time" && f.Name() == "Now" {
						add(name + " is not the same twice")
					}
				}
			case *ast.RangeStmt:
				if _, ok := info.TypeOf(n.X).Underlying().(*types.Map); ok {
					add("range over a map has no order")
				}
			case *ast.BinaryExpr:
				if n.Op == token.MUL && floating(info, n) && !converted(info, parent) {
					add("a product without a conversion around it may be fused")
				}
				// Compilers make it a product.
				if n.Op == token.QUO && floating(info, n) && powerOfTwo(info.Types[n.Y].Value) && !converted(info, parent) {
					add("a quotient by a power of two without a conversion around it may be fused")
				}
			case *ast.AssignStmt:
				if n.Tok == token.MUL_ASSIGN && floating(info, n.Lhs[0]) {
					add("a product without a conversion around it may be fused")
				}
			}
			return true
		})
	}
	return all, looked
}

// floating reports whether an expression is a floating-point number that is not known
// when the program is built.
func floating(info *types.Info, e ast.Expr) bool {
	t := info.Types[e]
	b, ok := t.Type.Underlying().(*types.Basic)
	return ok && t.Value == nil && b.Info()&types.IsFloat != 0
}

func powerOfTwo(v constant.Value) bool {
	if v == nil {
		return false
	}
	f, _ := constant.Float64Val(constant.ToFloat(v))
	fraction, _ := math.Frexp(math.Abs(f))
	return fraction == 0.5
}

// converted reports whether the node is a conversion to a type of floating point.
func converted(info *types.Info, n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 || !info.Types[call.Fun].IsType() {
		return false
	}
	b, ok := info.TypeOf(call.Fun).Underlying().(*types.Basic)
	return ok && b.Info()&types.IsFloat != 0
}

// strict reports whether a call sorts numbers or strings, of which equal ones are the
// same.
func strict(info *types.Info, n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return false
	}
	s, ok := info.TypeOf(call.Args[0]).Underlying().(*types.Slice)
	if !ok {
		return false
	}
	b, ok := s.Elem().Underlying().(*types.Basic)
	return ok && b.Info()&(types.IsInteger|types.IsString) != 0
}

func newInfo() *types.Info {
	return &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
}

// What is imported is read as source, for which no C compiler shall be needed.
func init() { build.Default.CgoEnabled = false }

// The exact packages keep the rules, on amd64 and where no kernel is native.
func TestExactPackages(t *testing.T) {
	looked := 0
	for _, arch := range []string{"amd64", "riscv64"} {
		files := token.NewFileSet()
		context := build.Default
		context.GOARCH, context.CgoEnabled = arch, false
		from := importer.ForCompiler(files, "source", nil)
		for _, name := range exact {
			dir := filepath.Join("..", "..", filepath.FromSlash(name))
			pkg, err := context.ImportDir(dir, 0)
			if err != nil {
				t.Fatal(err)
			}
			var trees []*ast.File
			for _, file := range pkg.GoFiles {
				tree, err := parser.ParseFile(files, filepath.Join(dir, file), nil, 0)
				if err != nil {
					t.Fatal(err)
				}
				trees = append(trees, tree)
			}
			info := newInfo()
			config := types.Config{Importer: from, Sizes: types.SizesFor("gc", arch)}
			if _, err := config.Check(name, files, trees, info); err != nil {
				t.Fatal(name, err)
			}
			found, n := check(files, trees, info)
			looked += n
			for _, f := range found {
				t.Errorf("%s (%s): %s", f.where, arch, f.what)
			}
		}
	}
	t.Logf("%s tried %d nodes of %d packages", t.Name(), looked, len(exact))
}

// Each rule finds what it is there for, and nothing else.
func TestRules(t *testing.T) {
	files := token.NewFileSet()
	config := types.Config{Importer: importer.ForCompiler(files, "source", nil)}
	for source, want := range map[string]string{
		"var x = math.Exp(f)": "math.Exp differs", "var x = math.Sqrt(f)": "", "var x = math.Log2(8)": "math.Log2 differs", "var x = math.FMA(f, f, f)": "math.FMA differs",
		"var x = math.MaxInt8":                       "",
		"var x = f*f + f":                            "may be fused",
		"var x = float64(f*f) + f":                   "",
		"var x = float64(f*f + f)":                   "may be fused",
		"var x = 1 + f/64":                           "may be fused",
		"var x = 1 + float64(f/64)":                  "",
		"var x = 1 + f/f":                            "",
		"var x = (f * f)":                            "may be fused",
		"var x = 2 * 3.5":                            "",
		"var x = n*n + n":                            "",
		"func g() { f *= f }":                        "may be fused",
		"func g() { n *= n }":                        "",
		"func g() { for range m {}}":                 "no order",
		"func g() { for range l {}}":                 "",
		"func g() { slices.Sort(l) }":                "",
		"func g() { slices.SortFunc(l, nil) }":       "leaves the order",
		"func g() { slices.SortStableFunc(l, nil) }": "",
		"var x = time.Now()":                         "not the same twice",
	} {
		head := "package p\nimport (\"math\"; \"slices\"; \"time\")\nvar _, _, _ = math.Pi, slices.Max[[]int], time.Second\nvar f float64; var n int; var m map[int]int; var l []int\n"
		tree, err := parser.ParseFile(files, "p.go", head+source, 0)
		if err != nil {
			t.Fatal(source, err)
		}
		info := newInfo()
		if _, err := config.Check("p", files, []*ast.File{tree}, info); err != nil {
			t.Fatal(source, err)
		}
		found, _ := check(files, []*ast.File{tree}, info)
		if got := fmt.Sprint(found); (len(found) > 0) != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %q", source, got, want)
		}
	}
}
