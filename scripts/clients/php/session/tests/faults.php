<?php

// A service that answers every call with the fault of the path.

declare(strict_types=1);

$name = substr((string) strtok($_SERVER['REQUEST_URI'], '?'), 1);
[$operation, $name] = str_contains($name, '/') ? explode('/', $name) : ['', $name];
if ($operation !== '' && !str_contains((string) file_get_contents('php://input'), ":$operation>")) {
    $name = 'SessionNotFound';
}
$fields = match ($name) {
    'PayloadTooLarge' => '<limit>10</limit><actual>20</actual>',
    'StoreUnavailable' => '<retryAfter>7</retryAfter>',
    'VersionConflict' => '<id>x</id><currentVersion>1</currentVersion>',
    default => '<id>x</id>',
};
if ($name === 'Unauthorized') {
    http_response_code(401);
    return;
}
if ($name === 'html') {
    http_response_code(502);
    echo '<html>Bad gateway</html>';
    return;
}
if ($name === 'nothing') {
    header('Content-Type: text/xml');
    return;
}
http_response_code(500);
header('Content-Type: text/xml; charset=utf-8');
$detail = in_array($name, ['Denied', 'Client'], true) ? '<Fault/>'
    : "<{$name}Fault xmlns=\"urn:memcached-soap:session:v1\"><message>m</message>$fields</{$name}Fault>";
$text = $name === 'Denied' ? 'Access denied: the role write is missing' : 'too many entries';
echo '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>',
    "<faultcode>s:Client</faultcode><faultstring>$text</faultstring><detail>$detail</detail></s:Fault></s:Body></s:Envelope>";
