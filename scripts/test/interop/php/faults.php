<?php

// Usage: php faults.php WSDL VARIANT WSDL-OF-SERVICE-WITHOUT-STORE UNREADABLE-ID
declare(strict_types=1);
require __DIR__ . '/sessions.php';
require __DIR__ . '/check.php';

[, $wsdl, $variant, $withoutStore, $unreadable] = $argv;
$options = (require __DIR__ . '/variants.php')[$variant];
$sessions = new Sessions($wsdl, $options);

$fault = fault('SessionNotFoundFault', fn () => $sessions->get('ab12'));
check($fault->id === 'ab12', 'the fault names the id');

foreach (['get' => fn () => $sessions->get('../etc'), 'set' => fn () => $sessions->set('../etc', (object) [])] as $call) {
    $fault = fault('InvalidSessionIdFault', $call);
    check($fault->id === '../etc' && $fault->reason !== '', 'the fault names the id and the reason');
}

$id = $sessions->set(null, (object) ['uid' => 'dwho'])->id;
$fault = fault('PayloadTooLargeFault', fn () => $sessions->set($id, (object) ['k' => str_repeat('x', 1_500_000)]));
check($fault->actual > 1_500_000 && $fault->limit < 1 << 20, 'the fault names the size and the limit');
check($sessions->get($id)->uid === 'dwho', 'the stored session is unchanged');

$sessions->soap->deleteSession(['id' => $id]);
$calls = [
    fn () => $sessions->set($id, (object) []),
    fn () => $sessions->update($id, (object) []),
    fn () => $sessions->soap->touchSession(['id' => $id]),
];
foreach ($calls as $call) {
    check(fault('SessionDeletedFault', $call)->id === $id, 'the fault names the id');
}

foreach ([fn () => $sessions->get($unreadable), fn () => $sessions->set($unreadable, (object) [])] as $call) {
    $fault = fault('UnreadableSessionFault', $call);
    check($fault->id === $unreadable && $fault->reason !== '', 'the fault names the id and the reason');
}

$sessions = new Sessions($withoutStore, $options);
$calls = [
    fn () => $sessions->get('ab12'),
    fn () => $sessions->set('ab12', (object) []),
    fn () => $sessions->set(null, (object) []),
    fn () => $sessions->getMany(['ab12', 'cd34']),
    fn () => $sessions->update('ab12', (object) []),
    fn () => $sessions->soap->touchSession(['id' => 'ab12']),
    fn () => $sessions->soap->deleteSession(['id' => 'ab12']),
    fn () => $sessions->soap->status(),
];
foreach ($calls as $call) {
    $fault = fault('StoreUnavailableFault', $call);
    check($fault->reason !== '' && $fault->retryAfter > 0, 'the fault names the reason and the time to retry');
}
