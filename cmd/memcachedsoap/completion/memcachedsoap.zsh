#compdef memcachedsoap
# zsh completion of memcachedsoap. The program itself lists the candidates.

_memcachedsoap() {
	local -a candidates
	candidates=("${(@f)$("${(Q)words[1]}" __complete zsh -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
	if [[ $candidates[1] == :files ]]; then
		compset -P '*='
		_files
	elif [[ -n $candidates[1] ]]; then
		_describe memcachedsoap candidates
	fi
}

if [[ $funcstack[1] == _memcachedsoap ]]; then
	_memcachedsoap "$@" # zsh has loaded the file as this function
else
	compdef _memcachedsoap memcachedsoap
fi
