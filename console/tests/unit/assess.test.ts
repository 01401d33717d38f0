// The form of a system: what is written into it is the questionnaire, and what can't be sent is left out and named.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AskedFigure, Sheet } from '../../src/api/assess';
import {
  draftOf,
  grouped,
  isRight,
  kept,
  nameOf,
  nothing,
  numberOf,
  sheetOf,
  wrongs,
} from '../../src/components/assess/draft';

const FIGURES: AskedFigure[] = [
  { key: 'initial_cost', text: '', unit: '', least: 0, most: 1e15, whole: true },
  { key: 'size', text: '', unit: '', least: 1, most: 5, whole: true },
  { key: 'surge_times', text: '', unit: '', least: 0, most: 10_000, whole: false },
];

const FULL: Sheet = {
  language: 'ko',
  system: '공영 홈쇼핑',
  name: 'home-shopping',
  public_service: 'yes',
  cloud_target: { answer: 'yes', evidence: '등급 검토' },
  renewal: { answer: 'no', evidence: '' },
  self_check: {
    frequent_change: { answer: 'yes', evidence: '대장' },
    slow_at_times: { answer: 'unknown', evidence: '' },
  },
  figures: { initial_cost: 12_000_000_000, surge_times: 3.1 },
  functions: [{ name: 'orders', title: '주문', path: '/orders/**', owner: '' }],
  links: [{ name: 'card', url: 'https://card.example.co.kr/api' }],
};

test('a questionnaire that is opened and saved is as it was', () => {
  assert.deepEqual(sheetOf(draftOf(FULL), FIGURES, 'ko'), FULL);
  assert.equal(draftOf(FULL).figures['initial_cost'], '12,000,000,000');
});

test('what can’t be sent is left out, and named', () => {
  const draft = {
    ...nothing(),
    name: 'Home Shopping',
    figures: { initial_cost: 'much', size: '9', surge_times: '3.1' },
    functions: [{ name: 'orders', title: '', path: 'orders', owner: '' }],
    links: [FULL.links[0]!, FULL.links[0]!],
  };
  assert.deepEqual(wrongs(draft, FIGURES), ['name', 'figures.initial_cost', 'figures.size', 'functions', 'links']);
  const sheet = sheetOf(draft, FIGURES, 'en');
  assert.deepEqual(sheet.figures, { surge_times: 3.1 });
  assert.deepEqual([sheet.name, sheet.functions, sheet.links], ['my-system', [], []]);
});

test('numbers are read as people write them', () => {
  assert.equal(numberOf(' 1,600,000 '), 1_600_000);
  assert.ok(Number.isNaN(numberOf('')) && Number.isNaN(numberOf('a few')));
  assert.equal(grouped('1600000.5'), '1,600,000.5');
  assert.equal(grouped('a few'), 'a few');
  assert.ok(isRight(FIGURES[1]!, '') && isRight(FIGURES[1]!, '5') && !isRight(FIGURES[1]!, '4.5'));
});

test('a name for files comes of what the system is called, where that has letters', () => {
  assert.equal(nameOf('2nd Booking Portal (new)'), 'nd-booking-portal-new');
  assert.equal(nameOf('예약 포털'), '');
});

test('what a browser kept is opened, and what is damaged is not', () => {
  assert.deepEqual(kept(JSON.stringify(draftOf(FULL))), draftOf(FULL));
  assert.equal(kept('{'), undefined);
  assert.equal(kept(undefined), undefined);
});
