package cm

// Part is a part of the model that can be switched off, to measure what it is
// worth.
type Part string

// Parts lists all of them.
var Parts = []Part{orders, words, symbols, indirect, matches, offBiases, selection, maps, endings}

const (
	orders    Part = "orders 0–6"
	words     Part = "words"
	symbols   Part = "last tokens"
	indirect  Part = "bit histories"
	matches   Part = "matches"
	offBiases Part = "biases"
	selection Part = "selected weights"
	maps      Part = "probability maps"
	endings   Part = "endings"
)

// off is what is switched off.
type off struct {
	inputs                   []int
	selection, maps, endings bool
}

// SwitchOff switches parts off.
func (m *Model) SwitchOff(parts ...Part) {
	for _, p := range parts {
		switch p {
		case selection:
			m.off.selection = true
		case maps:
			m.off.maps = true
		case endings:
			m.off.endings = true
		default:
			m.off.inputs = append(m.off.inputs, inputsOf(p)...)
		}
	}
}

// inputsOf returns the inputs of the mixer that a part makes.
func inputsOf(p Part) (all []int) {
	for i := range contexts {
		switch {
		case p == orders && i <= 6, p == symbols && i == 9, p == words && i > 6 && i != 9:
			all = append(all, 2+2*i, 3+2*i)
		case p == indirect:
			all = append(all, 3+2*i)
		}
	}
	const behind = 2 + 2*contexts
	switch p {
	case matches:
		all = append(all, behind, behind+1)
	case offBiases:
		all = append(all, behind+matchers, behind+matchers+1)
	}
	return all
}
