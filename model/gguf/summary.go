package gguf

// Values returns the number of values in all tensors, which a model's name calls
// its parameters.
func (f *File) Values() (n uint64) {
	for _, name := range f.names {
		n += f.tensors[name].values()
	}
	return n
}

// values returns the number of the tensor's values, which Parse has found to be
// below 2^44.
func (t *Tensor) values() uint64 {
	n := uint64(1)
	for _, d := range t.Dims {
		n *= d
	}
	return n
}

// mixtures are the codes of general.file_type that stand for tensors of several
// types (llama_ftype of llama.cpp).
var mixtures = map[uint64]string{
	11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 21: "Q2_K_S",
}

// Quantisation returns what the encoding of the whole is called: the name of its
// mixture if the metadata tells one, else the type that most values have.
func (f *File) Quantisation() string {
	if kind, err := f.Uint("general.file_type"); err == nil && mixtures[kind] != "" {
		return mixtures[kind]
	}
	counts := map[Type]uint64{}
	for _, name := range f.names { // in order, so that of equal counts the first wins
		counts[f.tensors[name].Type] += f.tensors[name].values()
	}
	most, found := Type(0), uint64(0)
	for _, name := range f.names {
		if kind := f.tensors[name].Type; counts[kind] > found {
			most, found = kind, counts[kind]
		}
	}
	if found == 0 {
		return ""
	}
	return most.String()
}
