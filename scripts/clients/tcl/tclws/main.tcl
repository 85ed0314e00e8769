# Usage: main.tcl WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
#        main.tcl WSDL_URL fault KIND ID
# CREDENTIALS selects which credentials the program sends: the name and the password in
# SOAP_LOGIN, the key in SOAP_KEY, or the certificate in CERTIFICATE and CERTIFICATE_KEY.
set here [file dirname [info script]]
source -encoding utf-8 $here/sessions.tcl
source -encoding utf-8 $here/fixture.tcl
source -encoding utf-8 $here/walk.tcl

# fault makes a call that fails, and prints the name and a field of its fault.
proc fault {kind id} {
    set text [expr {$kind eq "toolarge" ? [string repeat x 1200000] : "1"}]
    set arguments [list id $id attributes [sessions::entries [list a [list text $text]]] ttl 0]
    if {$kind eq "conflict"} {
        lappend arguments ifVersion AAAA
    }
    lappend arguments updateOnly false
    catch {
        if {$kind in {conflict deleted toolarge}} {
            sessions::call setSession $arguments
        } else {
            sessions::call getSession [list id $id]
        }
    }
    lassign [sessions::fault] name fields
    foreach field {id limit reason} {
        if {[dict exists $fields $field]} {
            puts "$name\t[dict get $fields $field]"
            return
        }
    }
}

# credentials returns the HTTP headers that send the credentials in the environment.
proc credentials {} {
    global env
    switch [expr {[info exists env(CREDENTIALS)] ? $env(CREDENTIALS) : {}}] {
        basic {
            regexp {^([^:]*):(.*)$} $env(SOAP_LOGIN) -> name password
            return [sessions::basic $name $password]
        }
        bearer { return [list Authorization "Bearer $env(SOAP_KEY)"] }
        certificate {
            sessions::secure $env(AUTHORITY) -certfile $env(CERTIFICATE) -keyfile $env(CERTIFICATE_KEY)
        }
    }
}

lassign $argv wsdl command
set id [lindex $argv end]
sessions::connect $wsdl [credentials]
switch $command {
    walk { walk $id }
    fault { fault [lindex $argv 2] $id }
    read { fixture::print [sessions::hash [dict get [sessions::call getSession [list id $id typed true]] attributes]] }
    default {
        sessions::call setSession [list id $id attributes [sessions::entries [fixture::of $command]] ttl 3600 updateOnly false]
    }
}
