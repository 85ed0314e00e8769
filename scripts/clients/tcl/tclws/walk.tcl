# Calls every operation: the life of one session.
proc walk {id} {
    set attributes [sessions::entries {uid {text dwho} roles {list {{text traveller} {text doctor}}} visits {int 1}}]
    # With onlyNew the service stores the session only if there is none with the id. It
    # ends after two hours in any case.
    set login [list id $id attributes $attributes ttl 3600 updateOnly false lifetime 7200 onlyNew true]
    sessions::call setSession $login
    puts "set\t$id"
    expect exists SessionExistsFault setSession $login

    set session [sessions::call getSession [list id $id]]
    puts "get\t[lindex [dict get [sessions::hash [dict get $session attributes]] uid] 1]"

    # Change one attribute only if the session has not been modified since it was read.
    set change [list id $id set [sessions::entries {mood {text good}}] ttl 0 ifVersion [dict get $session version]]
    sessions::call updateSession $change
    puts "update\tok"
    expect conflict VersionConflictFault updateSession $change

    puts "touch\t[dict get [sessions::call touchSession [list id $id ttl 600]] expiresIn]"

    # Read the session and give it 15 minutes in one call. Numbers have a type.
    set used [sessions::call getSession [list id $id ttl 900 typed true]]
    puts "typed\t[lindex [dict get [sessions::hash [dict get $used attributes]] visits] 0]"
    puts "ttl\t[dict get $used expiresIn]"

    set found [sessions::call getSessions [list ids [list id [list $id [string repeat f 32]]]]]
    puts "batch\t[llength [sessions::inside $found session]]"

    set ids [sessions::inside [sessions::call findSessions {principal dwho}] id]
    puts "find\t[expr {$id in $ids}]"

    set report [sessions::call stats]
    puts "stats\t[expr {[llength [dict get $report service stat]] > 0}]"

    # A login gives the session another id, of the program or of the service.
    set chosen [dict get [sessions::call renameSession [list id $id newId ${id}0]] id]
    puts "rename\t$chosen"
    set made [sessions::call renameSession [list id $chosen]]
    puts "renamed\t[dict get $made id]"

    # Delete it only if nobody has changed it.
    set delete [list id [dict get $made id] ifVersion]
    expect kept VersionConflictFault deleteSession [list {*}$delete [dict get $session version]]
    puts "delete\t[sessions::call deleteSession [list {*}$delete [dict get $made version]]]"
    expect notfound SessionNotFoundFault getSession [list id $id]

    # Without an id the service creates one. The session ends after two minutes: a ttl that
    # is longer than the lifetime is cut.
    set new [sessions::call setSession [list attributes $attributes ttl 3600 updateOnly false lifetime 120]]
    puts "new\t[dict get $new id]"
    puts "lifetime\t[dict get $new expiresIn]"
}

# expect makes a call that fails, and prints the id in its fault.
proc expect {step fault operation elements} {
    if {[catch {sessions::call $operation $elements}]} {
        lassign [sessions::fault] name fields
        if {$name eq $fault} {
            puts "$step\t[dict get $fields id]"
        }
    }
}
