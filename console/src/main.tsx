/** Where the console begins. */
import { render } from 'solid-js/web';
import { App } from './App';
import { begin } from './api/session';
import './styles/base.css';
import './styles/layout.css';
import './styles/parts.css';
import './styles/figures.css';
import './styles/notices.css';
import './components/alerts/alerts.css';

void begin();
window.addEventListener('hashchange', () => {
  if (location.hash.startsWith('#token=')) void begin();
});
const root = document.getElementById('app');
if (root) render(() => <App />, root);
