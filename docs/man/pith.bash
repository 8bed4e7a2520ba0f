# Completion of pith for bash, made from the table of options by make manual.
_pith() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} tool= flags words=
	if [ "$COMP_CWORD" = 1 ]; then
		words="align bench help info list model select test"
	else
		case ${COMP_WORDS[1]} in
		bench | align | select | model) tool=${COMP_WORDS[1]} ;;
		esac
	fi
	case "$tool $before" in
	" --output" | " -o" | " --files-from" | " --dictionary" | " -D" | "bench --log" | "bench --plot" | "align --heatmap" | "select --target" | "select --source") COMPREPLY=($(compgen -f -- "$word")); return ;;
	" --level" | " --threads" | " -T" | " --suffix" | " -S" | " --model" | " -m" | " --backend" | " --workers" | " --gpu-layers" | " --device" | " --block-size" | " --memory" | " --memlimit" | "bench --codecs" | "bench --runs" | "bench --timeout" | "bench --jobs" | "bench -j" | "bench --format" | "align --metric" | "align --engine" | "align --model" | "align -m" | "align --format" | "align --threads" | "align -T" | "select --count" | "select -k" | "select --as" | "select --field" | "select --engine" | "select --model" | "select -m" | "select --prefilter" | "select --metric" | "select --bytes" | "select --min-score" | "select --threads" | "select -T" | "model --name" | "model --sha256" | "model --sample" | "model --threads" | "model -T") COMPREPLY=(); return ;;
	esac
	case "$tool" in
	"") flags="--decompress -d --stdout -c --keep -k --rm --force -f --test -t --list -l --info --json --output -o --level --fast --best --threads -T --recursive -r --files-from --null -0 --suffix -S --verify --model -m --backend --workers --gpu-layers --device --dictionary -D --block-size --memory --memlimit --verbose -v --quiet -q --no-progress --version -V --help -h -1 -2 -3 -4 -5 -6 -7 -8 -9" ;;
	"bench") flags="--codecs --runs --timeout --jobs -j --format --log --plot --quiet -q --help -h" ;;
	"align") flags="--metric --engine --model -m --format --heatmap --tree --sizes --threads -T --quiet -q --help -h" ;;
	"select") flags="--count -k --target --source --as --field --engine --model -m --prefilter --metric --bytes --min-score --exclude-target --threads -T --quiet -q --help -h" ;;
	"model") flags="--json --name --sha256 --insecure --sample --threads -T --quiet -q --help -h" ;;
	esac
	if [ "$tool $COMP_CWORD" = "model 2" ]; then
		words="list info verify add rm pull try"
	fi
	case $word in
	-*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
	*) COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word")) ;;
	esac
}
complete -o filenames -F _pith pith unpith pithcat
