<?php

// Usage: php change.php WSDL VARIANT
declare(strict_types=1);
require __DIR__ . '/sessions.php';
require __DIR__ . '/check.php';

[, $wsdl, $variant] = $argv;
$sessions = new Sessions($wsdl, (require __DIR__ . '/variants.php')[$variant]);
$owner = "Zoë, $variant";

$one = $sessions->set(null, (object) ['owner' => $owner, 'n' => '1', 'old' => 'x'], 600);
$two = $sessions->set(null, (object) ['owner' => $owner]);

$changed = $sessions->update($one->id, (object) ['n' => '2', 'new' => ['', null, "\x00"]], ['old', 'never there'], $one->version);
check($changed->id === $one->id && $changed->version !== $one->version, 'the session is changed');
check($changed->expiresIn > 0 && $changed->expiresIn <= 600, 'the session keeps its TTL');
$got = $sessions->get($one->id);
check($got->n === '2' && $got->new === ['', null, "\x00"], 'the new attributes are set');
check($got->owner === $owner && !property_exists($got, 'old'), 'the attribute is removed, and the others stay');

$calls = [
    fn () => $sessions->update($one->id, (object) ['n' => '3'], [], $one->version),
    fn () => $sessions->set($one->id, (object) ['n' => '3'], null, $one->version),
];
foreach ($calls as $call) {
    $fault = fault('VersionConflictFault', $call);
    check($fault->id === $one->id && $fault->currentVersion === $changed->version, 'the fault names the id and the version');
}
check($sessions->get($one->id)->n === '2', 'a refused change changes nothing');
fault('SessionNotFoundFault', fn () => $sessions->soap->setSession(['id' => 'ab12', 'attributes' => [], 'updateOnly' => true]));

$many = $sessions->getMany([$two->id, 'ab12', $one->id]);
check(array_keys($many) === [$two->id, $one->id], 'the existing sessions are in the requested order');
check(difference($many[$one->id], $got) === null, 'a session is complete');
check($sessions->getMany([$one->id]) == [$one->id => $got], 'one session');
check($sessions->getMany(['ab12']) === [] && $sessions->getMany([]) === [], 'no session');

$ids = $sessions->find($owner);
sort($ids);
$want = [$one->id, $two->id];
sort($want);
check($ids === $want, 'findSessions returns the sessions of the user');
check($sessions->find('nobody') === [], 'an unknown user has no sessions');
$ids = $sessions->logout($owner);
sort($ids);
check($ids === $want, 'deleteSessions returns their ids');
check($sessions->find($owner) === [] && $sessions->getMany($want) === [], 'the sessions are absent');
fault('SessionDeletedFault', fn () => $sessions->set($one->id, (object) ['owner' => $owner]));
