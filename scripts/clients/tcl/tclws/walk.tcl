# Calls every operation: the life of one session.
proc walk {id} {
    set attributes [sessions::entries {uid {text dwho} roles {list {{text traveller} {text doctor}}}}]
    sessions::call setSession [list id $id attributes $attributes ttl 3600 updateOnly false]
    puts "set\t$id"

    set session [sessions::call getSession [list id $id]]
    puts "get\t[lindex [dict get [sessions::hash [dict get $session attributes]] uid] 1]"

    # Change one attribute only if the session has not been modified since it was read.
    set change [list id $id set [sessions::entries {mood {text good}}] ttl 0 ifVersion [dict get $session version]]
    sessions::call updateSession $change
    puts "update\tok"
    if {[catch {sessions::call updateSession $change}]} {
        lassign [sessions::fault] name fields
        if {$name eq "VersionConflictFault"} {
            puts "conflict\t[dict get $fields id]"
        }
    }

    puts "touch\t[dict get [sessions::call touchSession [list id $id ttl 600]] expiresIn]"

    set found [sessions::call getSessions [list ids [list id [list $id [string repeat f 32]]]]]
    puts "batch\t[llength [sessions::inside $found session]]"

    set ids [sessions::inside [sessions::call findSessions {principal dwho}] id]
    puts "find\t[expr {$id in $ids}]"

    set report [sessions::call stats]
    puts "stats\t[expr {[llength [dict get $report service stat]] > 0}]"

    puts "delete\t[sessions::call deleteSession [list id $id]]"
    if {[catch {sessions::call getSession [list id $id]}]} {
        lassign [sessions::fault] name fields
        if {$name eq "SessionNotFoundFault"} {
            puts "notfound\t[dict get $fields id]"
        }
    }

    # Without an id the service creates one.
    set new [sessions::call setSession [list attributes $attributes ttl 0 updateOnly false]]
    puts "new\t[dict get $new id]"
}
