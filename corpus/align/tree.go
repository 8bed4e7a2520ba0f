package align

import (
	"errors"
	"fmt"
	"strings"
)

// Tree is a rooted tree of texts: a leaf, or two subtrees that join at a height.
type Tree struct {
	Name        string // of a leaf
	Left, Right *Tree
	Height      float64 // half of the distance between what it joins; 0 of a leaf
	leaves      int
}

// Tree joins what is nearest, by the mean distance of all pairs (UPGMA: Sokal and
// Michener, 1958); of equal distances that of the first names. The two orders of a
// pair count half each.
func (m *Matrix) Tree() (*Tree, error) {
	if m.Metric.Similarity() {
		return nil, errors.New("a tree needs a distance: use --metric ncd, nccd or cdm")
	}
	n := len(m.Names)
	if n == 0 {
		return nil, errors.New("a tree needs a text")
	}
	var nodes []*Tree
	d := make([][]float64, n)
	for i, name := range m.Names {
		nodes = append(nodes, &Tree{Name: name, leaves: 1})
		d[i] = make([]float64, n)
		for j := range n {
			d[i][j] = (m.Values[i][j] + m.Values[j][i]) / 2
		}
	}
	for len(nodes) > 1 {
		a, b := 0, 1
		for i := range nodes {
			for j := i + 1; j < len(nodes); j++ {
				if d[i][j] < d[a][b] {
					a, b = i, j
				}
			}
		}
		x, y := nodes[a], nodes[b]
		joined := &Tree{Left: x, Right: y, Height: max(d[a][b]/2, x.Height, y.Height), leaves: x.leaves + y.leaves}
		for i := range nodes {
			d[a][i] = (d[a][i]*float64(x.leaves) + d[b][i]*float64(y.leaves)) / float64(joined.leaves)
			d[i][a] = d[a][i]
		}
		nodes[a] = joined
		nodes = append(nodes[:b], nodes[b+1:]...)
		d = append(d[:b], d[b+1:]...)
		for i := range d {
			d[i] = append(d[i][:b], d[i][b+1:]...)
		}
	}
	return nodes[0], nil
}

// Newick returns the tree in that format, with the lengths of branches.
func (t *Tree) Newick() string {
	var write func(t *Tree) string
	write = func(t *Tree) string {
		if t.Left == nil {
			return plain(t.Name)
		}
		return fmt.Sprintf("(%s:%.6f,%s:%.6f)", write(t.Left), t.Height-t.Left.Height, write(t.Right), t.Height-t.Right.Height)
	}
	return write(t) + ";"
}

// Text returns the tree as lines for a terminal: each leaf, without the folders that all
// are in, with the height at which it or its subtree joins the rest.
func (t *Tree) Text() string {
	var b strings.Builder
	common := len(folders(t.Leaves()))
	var write func(t *Tree, indent, branch string)
	write = func(t *Tree, indent, branch string) {
		if t.Left == nil {
			fmt.Fprintf(&b, "%s%s%s\n", indent, branch, shown(t.Name[common:]))
			return
		}
		fmt.Fprintf(&b, "%s%s┐ %.3f\n", indent, branch, 2*t.Height)
		switch branch {
		case "├─":
			indent += "│ "
		case "└─":
			indent += "  "
		}
		write(t.Left, indent, "├─")
		write(t.Right, indent, "└─")
	}
	write(t, "", "")
	return b.String()
}

// Leaves returns the names in the order in which the tree shows them.
func (t *Tree) Leaves() []string {
	if t.Left == nil {
		return []string{t.Name}
	}
	return append(t.Left.Leaves(), t.Right.Leaves()...)
}
