# The sessions that the tests store, and the form in which they compare them.
namespace eval fixture {
    # of returns the session that a command stores.
    proc of {command} {
        set all {}
        for {set i 0} {$i < 256} {incr i} {
            append all [format %c $i]
        }
        switch $command {
            writetext { return [list text900k [list text [string repeat 0123456789 90000]]] }
            writebig { return [list bytes900k [list bytes [string range [string repeat $all 3516] 0 899999]]] }
            writecontrol { return [list control [list text "XML has no \x01"]] }
        }
        set list [list {text a} undef [list bytes \x00\xff] {hash {k {text v}}}]
        return [list \
            plain {text plain} \
            special [list text {<&>"']]>}] \
            accents [list text "\u00e9 \u00fc \u00df \u00f1 \u2013 \u20ac"] \
            emoji [list bytes \xf0\x9f\x98\x80\x20\xf0\x9f\x8e\x89] \
            lines [list text "LF\nCRLF\r\nCR\rtab\tend"] \
            blanks {text {  outer blanks  }} \
            empty {text {}} \
            undef undef \
            bytes [list bytes $all] \
            {a key with <blanks>} {text key} \
            nested [list hash [list list [list list $list] undef undef bytes [list bytes \x00\x01]]] \
            single {list {{text one}}} \
            emptylist {list {}} \
            emptyhash {hash {}} \
            digits {text 0042} \
            int {int 9007199254740993} \
            double {double 0.1} \
            true {boolean true} \
            false {boolean false} \
            numbers {list {{int -1} {double 2.5}}}]
    }

    # print prints attributes in the form that the tests compare.
    proc print {hash} {
        set lines {}
        dict for {key value} $hash {
            if {[string index $key 0] ne "_"} {
                lappend lines "[hex $key]\t[rendered $value]"
            }
        }
        puts [join [lsort $lines] \n]
    }

    proc hex {text} { return [binary encode hex [encoding convertto utf-8 $text]] }

    proc rendered {value} {
        lassign $value kind content
        switch $kind {
            text { return t:[hex $content] }
            bytes { return b:[binary encode hex $content] }
            list { return l([join [lmap v $content {rendered $v}] ,]) }
            hash {
                set parts {}
                dict for {key v} $content {
                    lappend parts [hex $key]=[rendered $v]
                }
                return h([join [lsort $parts] ,])
            }
            int - double - boolean { return $kind:$content }
            default { return u }
        }
    }
}
