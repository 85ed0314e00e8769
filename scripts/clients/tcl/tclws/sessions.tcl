# Calls the operations of the contract with tclws. A Tcl value does not say whether it is
# text or a list, so a value here is a pair of its kind and its content: {text dwho},
# {bytes \x00}, {int 1}, {double 0.5}, {boolean true}, {list {VALUE ...}},
# {hash {KEY VALUE ...}} or undef.
encoding system utf-8
package require WS::Client
package require tdom

namespace eval sessions {
    variable reply {}

    # secure lets https addresses work: the authority that has signed the certificate of
    # the service, and options of tls::socket for a client certificate.
    proc secure {authority args} {
        package require tls
        ::http::register https 443 [list ::tls::socket -require 1 -cafile $authority {*}$args]
    }

    # basic returns the HTTP header that sends a name and a password.
    proc basic {name password} {
        return [list Authorization "Basic [binary encode base64 [encoding convertto utf-8 $name:$password]]"]
    }

    # connect reads the WSDL at a URL. Each call sends the HTTP headers.
    proc connect {wsdl {headers {}}} {
        ::WS::Client::GetAndParseWsdl $wsdl $headers sessions
        ::WS::Client::SetServiceTransforms sessions ::sessions::transform ::sessions::transform
    }

    # transform escapes the carriage returns of a request, which tDOM does not do. It
    # keeps the answer, in which fault finds what tclws leaves out.
    proc transform {service operation kind xml args} {
        if {$kind eq "REQUEST"} {
            return [string map {\r {&#13;}} $xml]
        }
        variable reply $xml
        return $xml
    }

    # call calls an operation with a dictionary of its elements and returns the result.
    # A fault is an error.
    proc call {operation {elements {}}} {
        variable reply {}
        return [inside [::WS::Client::DoCall sessions $operation $elements] ${operation}Result]
    }

    # fault returns the name of the typed fault with which the last call failed, and a
    # dictionary of its fields. Both are empty if it failed in another way.
    proc fault {} {
        variable reply
        if {[catch {dom parse $reply} document]} {
            return {{} {}}
        }
        set detail [lindex [$document selectNodes {//detail/*}] 0]
        set fields {}
        if {$detail ne ""} {
            foreach field [$detail childNodes] {
                dict set fields [$field localName] [$field text]
            }
            set fault [list [$detail localName] $fields]
        } else {
            set fault {{} {}}
        }
        $document delete
        return $fault
    }

    # members returns the elements of a value.
    proc members {value} {
        lassign $value kind content
        switch $kind {
            text { return [list value $content] }
            bytes { return [list binary [binary encode base64 $content]] }
            list { return [list list [list item [lmap v $content {members $v}]]] }
            hash { return [list hash [entries $content]] }
            int - double - boolean { return [list value $content type $kind] }
            default { return {undef true} }
        }
    }

    # entries returns the list of the entries of a hash.
    proc entries {hash} {
        set entries {}
        dict for {key value} $hash {
            lappend entries [list key $key {*}[members $value]]
        }
        return [list entry $entries]
    }

    # value returns the value of an entry or an item of an answer.
    proc value {entry} {
        if {[dict exists $entry type]} {
            return [list [dict get $entry type] [dict get $entry value]]
        }
        if {[dict exists $entry value]} {
            return [list text [dict get $entry value]]
        }
        if {[dict exists $entry binary]} {
            return [list bytes [binary decode base64 [dict get $entry binary]]]
        }
        if {[dict exists $entry list]} {
            return [list list [lmap item [inside [dict get $entry list] item] {value $item}]]
        }
        if {[dict exists $entry hash]} {
            return [list hash [hash [dict get $entry hash]]]
        }
        return undef
    }

    # hash returns the values of a list of entries.
    proc hash {entries} {
        set hash {}
        foreach entry [inside $entries entry] {
            dict set hash [dict get $entry key] [value $entry]
        }
        return $hash
    }

    # inside returns the elements of a list, which may be empty. expr must not return
    # them: it would take an id of digits for a number.
    proc inside {list name} {
        if {[dict exists $list $name]} {
            return [dict get $list $name]
        }
    }
}
