<?php

declare(strict_types=1);

use Illuminate\Contracts\Http\Kernel;
use Illuminate\Http\Request;

use function MemcachedSoap\Example\application;

require_once 'Illuminate/autoload.php';
require_once __DIR__ . '/../autoload.php';
require_once __DIR__ . '/../../session/example/app.php';
require_once __DIR__ . '/application.php';

$kernel = application((string) getenv('APP_BUILD'))->make(Kernel::class);
if (PHP_SAPI === 'cli') { // writes the list of providers before the workers need it
    $kernel->bootstrap();
    return;
}
$request = Request::capture();
$response = $kernel->handle($request);
$response->send();
$kernel->terminate($request, $response);
