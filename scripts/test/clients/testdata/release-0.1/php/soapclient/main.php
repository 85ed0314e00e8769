<?php
// Usage: main.php WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
//        main.php WSDL_URL fault KIND ID
// CREDENTIALS selects which credentials the program sends: the name and the password in
// SOAP_LOGIN, the key in SOAP_KEY, or the certificate in CERTIFICATE and CERTIFICATE_KEY.
require __DIR__ . '/walk.php';
require __DIR__ . '/values.php';
require __DIR__ . '/classes.php';
require __DIR__ . '/usernametoken.php';

[, $wsdl, $command] = $argv;

$options = [
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,   // a list of one element is an array too
    'cache_wsdl' => WSDL_CACHE_NONE,            // in production: WSDL_CACHE_DISK
    'keep_alive' => true,
] + match (getenv('MODE')) {                    // requests and answers; requests need the level
    'gzip' => ['compression' => SOAP_COMPRESSION_ACCEPT | SOAP_COMPRESSION_GZIP | 5],
    'deflate' => ['compression' => SOAP_COMPRESSION_ACCEPT | SOAP_COMPRESSION_DEFLATE | 5],
    default => [],
} + json_decode(getenv('SOAP_OPTIONS') ?: '[]', true) + (getenv('CLASSES') ? ['classmap' => CLASSES] : []);

$login = explode(':', getenv('SOAP_LOGIN') ?: ':', 2);
$options += match (getenv('CREDENTIALS')) {
    'basic' => ['login' => $login[0], 'password' => $login[1]],
    'bearer' => ['stream_context' => stream_context_create(['http' => ['header' => 'Authorization: Bearer ' . getenv('SOAP_KEY')]])],
    'certificate' => ['stream_context' => stream_context_create(['ssl' => [
        'cafile' => getenv('AUTHORITY'), 'local_cert' => getenv('CERTIFICATE'), 'local_pk' => getenv('CERTIFICATE_KEY'),
    ]])],
    default => [],
};
$sessions = match (getenv('CREDENTIALS')) {
    'usernametoken' => new UsernameTokenClient($wsdl, $options, ...$login),
    'usernametoken-digest' => new UsernameTokenClient($wsdl, $options, ...$login, digest: true),
    default => new SoapClient($wsdl, $options),
};

switch ($command) {
    case 'walk':
        walk($sessions, $argv[3]);
        break;
    case 'fault':
        fault($sessions, $argv[3], $argv[4]);
        break;
    case 'read':
        foreach ($sessions->getSession(['id' => $argv[3]])->getSessionResult->attributes->entry ?? [] as $entry) {
            if ($entry->key[0] !== '_') {
                $lines[] = bin2hex($entry->key) . "\t" . rendered($entry) . "\n";
            }
        }
        sort($lines);
        echo implode($lines);
        break;
    default:
        $sessions->setSession(['id' => $argv[3], 'ttl' => 3600, 'attributes' => ['entry' => fixture($command)]]);
}

// fault makes a call that fails, and prints the name and a field of its fault.
function fault(SoapClient $sessions, string $kind, string $id): void
{
    $set = fn (string $value, ?string $version = null) => $sessions->setSession(
        ['id' => $id, 'ifVersion' => $version, 'attributes' => ['entry' => [['key' => 'a', 'value' => $value]]]]
    );
    try {
        match ($kind) {
            'conflict' => $set('1', 'AAAA'),
            'deleted' => $set('1'),
            'toolarge' => $set(str_repeat('x', 1200000)),
            default => $sessions->getSession(['id' => $id]),
        };
    } catch (SoapFault $fault) {
        // The detail has one property, with the name of the fault.
        $name = array_key_first(get_object_vars($fault->detail));
        $detail = $fault->detail->$name;
        echo "$name\t", $detail->id ?? $detail->limit ?? $detail->reason, "\n";
    }
}
