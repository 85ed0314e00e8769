# bash completion of memcachedsoap. The program itself lists the candidates.

_memcachedsoap() {
	mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" __complete bash -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	if [[ ${COMPREPLY[0]-} == :files ]]; then
		COMPREPLY=()
		compopt -o default
	fi
}

complete -F _memcachedsoap memcachedsoap
