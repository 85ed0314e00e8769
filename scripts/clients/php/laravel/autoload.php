<?php

// Loads the classes of this package where Composer does not.

declare(strict_types=1);

require_once __DIR__ . '/../session/autoload.php';

spl_autoload_register(static function (string $class): void {
    $prefix = 'MemcachedSoap\\Laravel\\';
    if (str_starts_with($class, $prefix)) {
        $file = __DIR__ . '/src/' . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
        if (is_file($file)) {
            require $file;
        }
    }
});
