<?php

return MemcachedSoap\Example\options('laravel') + ['previous_url' => false];
