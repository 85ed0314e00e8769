<?php
// Calls every operation: the life of one session.

function walk(SoapClient $sessions, string $id): void
{
    // Attributes are a list of entries, each with a key and one kind of value. A number
    // says that it is one. With onlyNew the service stores the session only if there is
    // none with the id. It ends after two hours in any case.
    $login = ['id' => $id, 'ttl' => 3600, 'lifetime' => 7200, 'onlyNew' => true, 'attributes' => ['entry' => [
        ['key' => 'uid', 'value' => 'dwho'],
        ['key' => 'roles', 'list' => ['item' => [['value' => 'traveller'], ['value' => 'doctor']]]],
        ['key' => 'visits', 'value' => 1, 'type' => 'int'],
    ]]];
    $sessions->setSession($login);
    echo "set\t$id\n";
    try {
        $sessions->setSession($login);
    } catch (SoapFault $fault) {
        echo "exists\t{$fault->detail->SessionExistsFault->id}\n";
    }

    $session = $sessions->getSession(['id' => $id])->getSessionResult;
    foreach ($session->attributes->entry as $entry) {
        if ($entry->key === 'uid') {
            echo "get\t$entry->value\n";
        }
    }

    // Change one attribute only if the session has not been modified since it was read.
    $change = ['id' => $id, 'ifVersion' => $session->version, 'set' => ['entry' => [['key' => 'mood', 'value' => 'good']]]];
    $sessions->updateSession($change);
    echo "update\tok\n";
    try {
        $sessions->updateSession($change);
    } catch (SoapFault $fault) {
        echo "conflict\t{$fault->detail->VersionConflictFault->id}\n";
    }

    $touched = $sessions->touchSession(['id' => $id, 'ttl' => 600])->touchSessionResult;
    echo "touch\t$touched->expiresIn\n";

    // Read the session and give it 15 minutes in one call. Numbers have a type.
    $used = $sessions->getSession(['id' => $id, 'ttl' => 900, 'typed' => true])->getSessionResult;
    foreach ($used->attributes->entry as $entry) {
        if ($entry->key === 'visits') {
            echo "typed\t$entry->type\n";
        }
    }
    echo "ttl\t$used->expiresIn\n";

    $found = $sessions->getSessions(['ids' => ['id' => [$id, 'ffffffffffffffffffffffffffffffff']]])->getSessionsResult;
    echo "batch\t", count($found->session), "\n";

    $ids = $sessions->findSessions(['principal' => 'dwho'])->findSessionsResult->id;
    echo "find\t", in_array($id, $ids) ? 1 : 0, "\n";

    $report = $sessions->stats()->statsResult;
    echo "stats\t", count((array) $report->service->stat) > 0 ? 1 : 0, "\n";

    // A login gives the session another id, of the program or of the service.
    $chosen = $sessions->renameSession(['id' => $id, 'newId' => $id . '0'])->renameSessionResult;
    echo "rename\t$chosen->id\n";
    $made = $sessions->renameSession(['id' => $chosen->id])->renameSessionResult;
    echo "renamed\t$made->id\n";

    // Delete it only if nobody has changed it.
    try {
        $sessions->deleteSession(['id' => $made->id, 'ifVersion' => $session->version]);
    } catch (SoapFault $fault) {
        echo "kept\t{$fault->detail->VersionConflictFault->id}\n";
    }
    $deleted = $sessions->deleteSession(['id' => $made->id, 'ifVersion' => $made->version])->deleteSessionResult;
    echo "delete\t", var_export($deleted, true), "\n";
    try {
        $sessions->getSession(['id' => $id]);
    } catch (SoapFault $fault) {
        if (isset($fault->detail->SessionNotFoundFault)) {
            echo "notfound\t{$fault->detail->SessionNotFoundFault->id}\n";
        }
    }

    // Without an id the service creates one. The session ends after two minutes: a ttl
    // that is longer than the lifetime is cut.
    $new = $sessions->setSession([
        'attributes' => ['entry' => [['key' => 'uid', 'value' => 'dwho']]], 'ttl' => 3600, 'lifetime' => 120,
    ])->setSessionResult;
    echo "new\t$new->id\n";
    echo "lifetime\t$new->expiresIn\n";
}
