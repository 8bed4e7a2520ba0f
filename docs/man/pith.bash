# Completion of pith for bash, made from the table of options by make manual.
_pith() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	case $before in
	--output | -o | --files-from | --device | --dictionary | -D) COMPREPLY=($(compgen -f -- "$word")); return ;;
	--level | --threads | -T | --suffix | -S | --model | -m | --backend | --workers | --gpu-layers | --block-size | --memory | --memlimit) return ;;
	esac
	case $word in
	-*) COMPREPLY=($(compgen -W "--decompress -d --stdout -c --keep -k --rm --force -f --test -t --list -l --info --json --output -o --level --fast --best --threads -T --recursive -r --files-from --null -0 --suffix -S --verify --model -m --backend --workers --gpu-layers --device --dictionary -D --block-size --memory --memlimit --verbose -v --quiet -q --no-progress --version -V --help -h -1 -2 -3 -4 -5 -6 -7 -8 -9" -- "$word")) ;;
	*) COMPREPLY=($(compgen -f -- "$word")) ;;
	esac
}
complete -o filenames -F _pith pith unpith pithcat
