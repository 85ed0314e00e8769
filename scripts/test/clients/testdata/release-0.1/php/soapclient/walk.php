<?php
// Calls every operation: the life of one session.

function walk(SoapClient $sessions, string $id): void
{
    // Attributes are a list of entries, each with a key and one kind of value.
    $sessions->setSession(['id' => $id, 'ttl' => 3600, 'attributes' => ['entry' => [
        ['key' => 'uid', 'value' => 'dwho'],
        ['key' => 'roles', 'list' => ['item' => [['value' => 'traveller'], ['value' => 'doctor']]]],
    ]]]);
    echo "set\t$id\n";

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

    $found = $sessions->getSessions(['ids' => ['id' => [$id, 'ffffffffffffffffffffffffffffffff']]])->getSessionsResult;
    echo "batch\t", count($found->session), "\n";

    $ids = $sessions->findSessions(['principal' => 'dwho'])->findSessionsResult->id;
    echo "find\t", in_array($id, $ids) ? 1 : 0, "\n";

    $report = $sessions->stats()->statsResult;
    echo "stats\t", count((array) $report->service->stat) > 0 ? 1 : 0, "\n";

    $deleted = $sessions->deleteSession(['id' => $id])->deleteSessionResult;
    echo "delete\t", var_export($deleted, true), "\n";
    try {
        $sessions->getSession(['id' => $id]);
    } catch (SoapFault $fault) {
        if (isset($fault->detail->SessionNotFoundFault)) {
            echo "notfound\t{$fault->detail->SessionNotFoundFault->id}\n";
        }
    }

    // Without an id the service creates one.
    $new = $sessions->setSession(['attributes' => ['entry' => [['key' => 'uid', 'value' => 'dwho']]]])->setSessionResult;
    echo "new\t$new->id\n";
}
