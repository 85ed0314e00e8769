<?php

declare(strict_types=1);

use MemcachedSoap\Example\Kernel;
use Symfony\Component\HttpFoundation\Request;

require_once 'Symfony/Bundle/FrameworkBundle/autoload.php';
require_once 'Symfony/Bundle/SecurityBundle/autoload.php';
require_once __DIR__ . '/../autoload.php';
require_once __DIR__ . '/../../session/example/app.php';
require_once __DIR__ . '/Kernel.php';

$kernel = new Kernel('prod', false);
if (PHP_SAPI === 'cli') { // builds the container before the workers need it
    $kernel->boot();
    return;
}
$request = Request::createFromGlobals();
$response = $kernel->handle($request);
$response->send();
$kernel->terminate($request, $response);
