<?php

declare(strict_types=1);

error_reporting(E_ALL);
require __DIR__ . '/../autoload.php';
require __DIR__ . '/../example/app.php';
require __DIR__ . '/Browser.php';
require __DIR__ . '/Server.php';
require __DIR__ . '/Sessions.php';
require __DIR__ . '/ApplicationTestCase.php';
