<?php

declare(strict_types=1);

namespace MemcachedSoap\Tests;

final class ApplicationTest extends ApplicationTestCase
{
    protected static function adapter(): string
    {
        return 'laravel';
    }
}
