<?php
// Classes for the types of the contract. An empty list is an empty array, because
// the property has a default.

class Session
{
    public string $id;
    public string $version;
    public ?int $expiresIn = null;
    public EntryList $attributes;
}

class EntryList
{
    /** @var Entry[] */
    public array $entry = [];
}

class ItemList
{
    /** @var Item[] */
    public array $item = [];
}

class Item
{
    public ?string $value = null;
    public ?string $binary = null;
    public ?EntryList $hash = null;
    public ?ItemList $list = null;
    public ?bool $undef = null;
}

class Entry extends Item
{
    public string $key;
}

const CLASSES = ['Session' => 'Session', 'EntryList' => 'EntryList', 'ItemList' => 'ItemList', 'Item' => 'Item', 'Entry' => 'Entry'];
