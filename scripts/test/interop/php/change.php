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
check($changed->id === $one->id && $changed->version !== $one->version, 'it is changed');
check($changed->expiresIn > 0 && $changed->expiresIn <= 600, 'it keeps the time that it has');
$got = $sessions->get($one->id);
check($got->n === '2' && $got->new === ['', null, "\x00"], 'what was to be set is set');
check($got->owner === $owner && !property_exists($got, 'old'), 'what was to be removed is, and the rest stays');

$calls = [
    fn () => $sessions->update($one->id, (object) ['n' => '3'], [], $one->version),
    fn () => $sessions->set($one->id, (object) ['n' => '3'], null, $one->version),
];
foreach ($calls as $call) {
    $fault = fault('VersionConflictFault', $call);
    check($fault->id === $one->id && $fault->currentVersion === $changed->version, 'the fault names the id and the version');
}
check($sessions->get($one->id)->n === '2', 'nothing is changed by who is late');
fault('SessionNotFoundFault', fn () => $sessions->soap->setSession(['id' => 'ab12', 'attributes' => [], 'updateOnly' => true]));

$many = $sessions->getMany([$two->id, 'ab12', $one->id]);
check(array_keys($many) === [$two->id, $one->id], 'those that are there come in their order');
check(difference($many[$one->id], $got) === null, 'and whole');
check($sessions->getMany([$one->id]) == [$one->id => $got], 'also one');
check($sessions->getMany(['ab12']) === [] && $sessions->getMany([]) === [], 'also none');

$ids = $sessions->find($owner);
sort($ids);
$want = [$one->id, $two->id];
sort($want);
check($ids === $want, 'the sessions of a user are found');
check($sessions->find('nobody') === [], 'nobody has none');
$ids = $sessions->logout($owner);
sort($ids);
check($ids === $want, 'all of them are deleted');
check($sessions->find($owner) === [] && $sessions->getMany($want) === [], 'and gone');
fault('SessionDeletedFault', fn () => $sessions->set($one->id, (object) ['owner' => $owner]));
