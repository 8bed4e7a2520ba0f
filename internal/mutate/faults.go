package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
)

// fault is a file with one thing changed.
type fault struct {
	file   string
	where  string // file and line
	what   string
	source []byte
}

// other is what an operator is changed to.
var other = map[token.Token]token.Token{
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.ADD, token.QUO: token.MUL, token.REM: token.QUO,
	token.AND: token.OR, token.OR: token.AND, token.XOR: token.OR, token.SHL: token.SHR, token.SHR: token.SHL, token.AND_NOT: token.AND,
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR, token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN, token.OR_ASSIGN: token.AND_ASSIGN, token.XOR_ASSIGN: token.OR_ASSIGN,
	token.SHL_ASSIGN: token.SHR_ASSIGN, token.SHR_ASSIGN: token.SHL_ASSIGN, token.INC: token.DEC, token.DEC: token.INC,
}

// faults returns all that can be seeded into a file.
func faults(name string, source []byte) (all []fault, err error) {
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, name, source, 0)
	if err != nil {
		return nil, err
	}
	at := func(p token.Pos) int { return files.Position(p).Offset }
	add := func(from, to token.Pos, text string) {
		old := source[at(from):at(to)]
		changed := append(append(append([]byte(nil), source[:at(from)]...), text...), source[at(to):]...)
		all = append(all, fault{name, files.Position(from).String(), strconv.Quote(string(old)) + " made " + strconv.Quote(text), changed})
	}
	operator := func(p token.Pos, op token.Token) {
		if to, ok := other[op]; ok {
			add(p, p+token.Pos(len(op.String())), to.String())
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			// What the program says to people when it is broken is not tested.
			if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "panic" {
				return false
			}
		case *ast.BinaryExpr:
			operator(n.OpPos, n.Op)
		case *ast.IncDecStmt:
			operator(n.TokPos, n.Tok)
		case *ast.AssignStmt:
			operator(n.TokPos, n.Tok)
			if n.Tok == token.ASSIGN {
				add(n.Pos(), n.End(), "")
			}
		case *ast.ExprStmt:
			add(n.Pos(), n.End(), "")
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				add(n.OpPos, n.OpPos+1, "")
			}
		case *ast.IfStmt:
			add(n.Cond.Pos(), n.Cond.End(), "!("+string(source[at(n.Cond.Pos()):at(n.Cond.End())])+")")
		case *ast.BasicLit:
			if v, err := strconv.ParseInt(n.Value, 0, 64); n.Kind == token.INT && err == nil {
				add(n.Pos(), n.End(), strconv.FormatInt(v+1, 10))
			}
		case *ast.ReturnStmt:
			if len(n.Results) == 1 {
				if id, ok := n.Results[0].(*ast.Ident); ok && (id.Name == "true" || id.Name == "false") {
					add(id.Pos(), id.End(), map[string]string{"true": "false", "false": "true"}[id.Name])
				}
			}
		}
		return true
	})
	return all, nil
}
