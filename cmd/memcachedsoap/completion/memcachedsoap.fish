# fish completion of memcachedsoap. The program itself lists the candidates.

function __memcachedsoap_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l candidates ($program __complete fish -- $words "$word" 2>/dev/null)
    if test "$candidates[1]" = :files
        set -l flag (string match -r '^--[^=]*=' -- "$word")
        for path in (__fish_complete_path (string replace -r '^--[^=]*=' '' -- "$word"))
            printf '%s\n' "$flag$path"
        end
        return
    end
    printf '%s\n' $candidates
end

complete -c memcachedsoap -f -a '(__memcachedsoap_complete)'
