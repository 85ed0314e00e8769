<?php

declare(strict_types=1);

// The tested settings of SoapClient, by name.

class Entry
{
    public string $key;
    public ?string $value = null;
    public ?string $binary = null;
    public ?EntryList $hash = null;
    public ?ItemList $list = null;
    public ?bool $undef = null;
}

class EntryList
{
    public array $entry = [];
}

class Item
{
    public ?string $value = null;
    public ?string $binary = null;
    public ?EntryList $hash = null;
    public ?ItemList $list = null;
    public ?bool $undef = null;
}

class ItemList
{
    public array $item = [];
}

$classes = ['Entry', 'EntryList', 'Item', 'ItemList'];

return [
    'plain' => [],
    'arrays' => ['features' => SOAP_SINGLE_ELEMENT_ARRAYS],
    'classmap' => ['features' => SOAP_SINGLE_ELEMENT_ARRAYS, 'classmap' => array_combine($classes, $classes)],
    'compressed' => ['compression' => SOAP_COMPRESSION_ACCEPT | SOAP_COMPRESSION_GZIP | 5],
    'soap12' => ['soap_version' => SOAP_1_2],
    'soap12-compressed' => ['soap_version' => SOAP_1_2, 'compression' => SOAP_COMPRESSION_ACCEPT | SOAP_COMPRESSION_DEFLATE | 5],
];
